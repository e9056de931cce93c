/**
 * `make test-cluster`: the local overlay on the Kubernetes that KUBECONFIG points to, and what happens to it there. A line a
 * check; exit code 1 when one fails. What it brought is removed again.
 */
import { abortedByInterrupt } from '@sightline/settings/interrupt.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import type { ClusterContext } from './check.ts';
import { checks } from './checks.ts';
import { prepare, remove } from './prepare.ts';
import { readSettings } from './settings.ts';

const end = abortedByInterrupt();

/** Rejects once somebody wants an end. */
const interrupted = new Promise<never>((_, reject) => {
  end.signal.addEventListener('abort', () => reject(end.signal.reason));
});
// Nobody may be waiting at that moment.
interrupted.catch(() => {});

const terminal = terminalOn(process.stdout, process.env);

/** Runs what is there to run, one after the other. Returns how many passed, failed and were left out. */
async function runAll(context: ClusterContext) {
  const counts = { passed: 0, failed: 0, leftOut: 0 };
  const there = new Set(context.objects.map(({ metadata }) => metadata.name));
  for (const { id, proves, needs = [], run } of checks) {
    end.signal.throwIfAborted();
    const missing = needs.filter((name) => !there.has(name));
    if (missing.length > 0) {
      counts.leftOut += 1;
      terminal.line('left out', `         ${id.padEnd(15)} it needs ${missing.join(', ')}`);
      continue;
    }
    terminal.live(`…        ${id.padEnd(15)} ${proves}`);
    const began = performance.now();
    const outcome = run(context).then(
      (said) => ({ ok: true, said }),
      (error: Error) => ({ ok: false, said: `not so: ${proves}\n${error.message.replace(/^/gm, '    ')}` }),
    );
    const found = await Promise.race([outcome, interrupted]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
    counts[found.ok ? 'passed' : 'failed'] += 1;
    terminal.line(found.ok ? 'ok' : 'FAILED', `${seconds} s ${id.padEnd(15)} ${found.said}`);
  }
  return counts;
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const context = await prepare(settings, (line) => terminal.text(line));
  for (const sentence of context.leftOut) terminal.line('left out', sentence);
  const { passed, failed, leftOut } = await runAll(context);
  terminal.text(`${passed} passed, ${failed} failed${leftOut > 0 ? `, ${leftOut} left out` : ''}`);
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
