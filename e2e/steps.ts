/** Steps of a check that each need the one before. */
import type { terminalOn } from '@sightline/telemetry/check-terminal.ts';

/** Says what it found, or throws `Unproven`. */
export type Step<Context> = (context: Context) => string | Promise<string>;

/** Runs the steps with a line each until one fails, which the exit code then says. */
export async function runSteps<Context>(
  steps: Readonly<Record<string, Step<Context>>>,
  context: Context,
  terminal: ReturnType<typeof terminalOn>,
): Promise<void> {
  for (const [name, step] of Object.entries(steps)) {
    const began = performance.now();
    const secondsSoFar = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
    try {
      const said = await step(context);
      terminal.line('ok', `${secondsSoFar()} ${name.padEnd(12)} ${said}`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      terminal.line('FAILED', `${secondsSoFar()} ${name.padEnd(12)}\n${message.replace(/^/gm, '    ')}`);
      process.exitCode = 1;
      return;
    }
  }
}
