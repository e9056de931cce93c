/**
 * `make chaos`: breaks a stack of its own at random under load, and looks after each fault whether anything was lost.
 * The result is `chaos` in the report of the stack in STACK_DIR, which itself is left alone.
 */

import { relative } from 'node:path';
import { writeReport } from '@sightline/preview/report.ts';
import { ensureStackDirectory } from '@sightline/servers/stack-directory.ts';
import { abortedByInterrupt } from '@sightline/settings/interrupt.ts';
import { table as native } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { readRunningState } from '@sightline/stack/native/state.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { watchContention } from '../contention.ts';
import { drillEnvironment, table } from '../drills/components.ts';
import { SystemUnderTest } from '../drills/system.ts';
import { ownStack } from '../own-stack.ts';
import { choicesOf } from './choice.ts';
import { faults } from './faults.ts';
import { type ChaosResult, runChaos } from './run.ts';
import { type ChaosSettings, readChaosSettings } from './settings.ts';

const end = abortedByInterrupt();
// `make chaos | head`: nobody reads on.
process.stdout.on('error', () => end.abort(new Error('Interrupted.')));

const terminal = terminalOn(process.stdout, process.env);
/** The step under way, for whoever interrupts it. */
let underWay = 'the start of the stack';
const begins = (what: string) => {
  underWay = what;
  terminal.live(`${what} …`);
};

/** The services that run now: what is missing on this machine isn't awaited after a fault. */
const servicesOf = (stackDirectory: string) =>
  Object.entries(readRunningState(stackDirectory)?.components ?? {})
    .filter(([, { state }]) => state === 'ready')
    .map(([name]) => name);

async function chaos({ seed, minutes }: ChaosSettings): Promise<ChaosResult> {
  const until = Date.now() + minutes * 60_000;
  await using contention = await watchContention();
  const stack = await ownStack(
    (ports) => ({
      ...drillEnvironment(ports),
      COMPONENTS: ['core', 'metrics', 'logs', 'faults'].join(','),
      // k6 logs in once.
      ACCESS_TOKEN_SECONDS: '7200',
    }),
    table.components,
    end.signal,
  );
  try {
    if (!(await stack.run('stack/native/cli.ts', 'up'))) throw new Error('The stack did not start.');
    end.signal.throwIfAborted();
    return await runChaos({
      seed,
      terminal,
      until,
      begins,
      system: new SystemUnderTest(stack.settings, end.signal, contention),
      choices: choicesOf(seed, faults),
      components: servicesOf(stack.directory),
    });
  } finally {
    await stack.stop();
  }
}

async function main(): Promise<void> {
  const settings = readChaosSettings(process.env);
  const { seed, minutes } = settings;
  const { stackDirectory } = readSettings(native.components, process.env);
  const again = `make chaos MINUTES=${minutes} SEED=${seed}`;
  terminal.text(`Chaos for ${minutes} min with the seed ${seed}, on a stack of its own. Starting it …`);
  try {
    const result = await chaos(settings);
    ensureStackDirectory(stackDirectory);
    const file = writeReport(stackDirectory, { chaos: result });
    const broken = [...result.faults, result.end].filter(({ ok }) => !ok).length;
    terminal.text(
      broken === 0
        ? `Nothing was lost in ${result.faults.length} faults (seed ${seed}).`
        : `Something broke. The same faults in the same order: ${again}`,
    );
    terminal.text(`Report: ${relative(process.cwd(), file)}`);
    if (broken > 0) process.exitCode = 1;
  } catch (error) {
    if (end.signal.aborted)
      terminal.text(`\nInterrupted during ${underWay}: the stack is stopped and removed. Again: ${again}`);
    else {
      terminal.text(`During ${underWay}: ${error instanceof Error ? error.message : error}`);
      terminal.text(`Again: ${again}`);
    }
    process.exitCode ||= 1;
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode ||= 1;
}
