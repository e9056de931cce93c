/**
 * `make test-cluster`: the local overlay on the Kubernetes that KUBECONFIG points to, and what happens to it there. A line a
 * check; exit code 1 when one fails. What it brought is removed again.
 */
import { abortedByInterrupt } from '@sightline/settings/interrupt.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { runChecks } from '@sightline/testkit/check.ts';
import type { ClusterContext } from './check.ts';
import { checks } from './checks.ts';
import { prepare, remove } from './prepare.ts';
import { readClusterSettings } from './settings.ts';

const end = abortedByInterrupt();

/** Rejects once somebody wants an end. */
const interrupted = new Promise<never>((_, reject) => {
  end.signal.addEventListener('abort', () => reject(end.signal.reason));
});
// Nobody may be waiting at that moment.
interrupted.catch(() => {});

const terminal = terminalOn(process.stdout, process.env);

/** The table for this cluster; whoever interrupts a check doesn't wait for it. */
function rowsFor({ objects }: ClusterContext) {
  const there = new Set(objects.map(({ metadata }) => metadata.name));
  return checks.map(({ needs = [], ...check }) => ({
    ...check,
    skipReason() {
      const missing = needs.filter((name) => !there.has(name));
      return missing.length > 0 ? `it needs ${missing.join(', ')}` : undefined;
    },
    run: (context: ClusterContext, id: string) => Promise.race([check.run(context, id), interrupted]),
  }));
}

async function main(): Promise<void> {
  const settings = readClusterSettings(process.env);
  const context = await prepare(settings, (line) => terminal.text(line));
  for (const sentence of context.skipped) terminal.line('skipped', sentence);
  const rows = rowsFor(context);
  const { found } = await runChecks(rows, context, { terminal, signal: end.signal });
  end.signal.throwIfAborted();
  const failed = found.filter(({ ok }) => !ok).length;
  const skipped = rows.length - found.length;
  terminal.text(
    `${found.length - failed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  if (failed > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  terminal.text(error instanceof Error ? error.message : String(error));
  process.exitCode ||= 1;
} finally {
  await remove((line) => terminal.text(line));
}
// What a check that was interrupted still waits for.
if (end.signal.aborted) process.exit();
