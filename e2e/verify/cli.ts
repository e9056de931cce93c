/** `make verify`: proves a running stack, and writes `report/report.json` in its folder. Fails when anything isn't so. */

import { relative } from 'node:path';
import { recordRun } from '@sightline/preview/record.ts';
import { writeReport } from '@sightline/preview/report.ts';
import { keepDashboards, writePage } from '@sightline/preview/report-file.ts';
import { ensureStackDirectory } from '@sightline/servers/stack-directory.ts';
import { abortedByInterrupt } from '@sightline/settings/interrupt.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { runChecks } from '@sightline/testkit/check.ts';
import type { TimeRange } from '@sightline/testkit/grafana/time.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import type { Proof } from './check.ts';
import { checks } from './checks.ts';
import { findStack, type Stack } from './stack.ts';

const end = abortedByInterrupt();

// `make verify | head`: nobody reads on.
process.stdout.on('error', () => end.abort(new Error('Interrupted.')));

/** Keeps what the dashboards show of the run. Returns what to add where there is nothing to keep. */
async function record({ prometheusUrl, directory }: Stack, run: TimeRange): Promise<string> {
  if (prometheusUrl === undefined) return ' (without dashboards: there is no Prometheus to ask)';
  try {
    keepDashboards(directory, await recordRun(prometheusAt(prometheusUrl), run));
    return '';
  } catch (error) {
    return ` (its dashboards are of an earlier run, if any: ${error instanceof Error ? error.message : error})`;
  }
}

async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  const quick = environment['QUICK'] || '0';
  if (quick !== '0' && quick !== '1')
    throw new Error(`QUICK is "${quick}"; it takes 1 (two minutes) or 0 (five).`);
  const settings = readSettings(table.components, environment);
  const stack = findStack(environment, settings);
  ensureStackDirectory(settings.stackDirectory);
  const terminal = terminalOn(process.stdout, environment);
  const startedAt = new Date();
  const findings = { reconciliation: [], panels: [] };
  const progress = { text: '' };
  const proof: Proof = {
    stack,
    quick: quick === '1',
    findings,
    signal: end.signal,
    say: (text) => {
      progress.text = text;
    },
  };
  const rows = checks.map((check) => ({ ...check, skipReason: () => check.skipReason?.(stack) }));
  const { found, skipped } = await runChecks(rows, proof, { terminal, signal: end.signal, progress });
  end.signal.throwIfAborted();
  const endedAt = new Date();
  const file = writeReport(settings.stackDirectory, {
    run: { startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() },
    checks: found.map(({ check: { id, group }, ok, detail }) => ({ id, group, ok, detail })),
    ...findings,
  });
  const withDashboards = await record(stack, {
    from: startedAt.getTime(),
    // What came after the traffic took the API away for a while: nothing for the single values of its end.
    to: proof.traffic?.window?.to ?? endedAt.getTime(),
  });
  const page = await writePage(settings.stackDirectory);
  const failed = found.filter(({ ok }) => !ok).map(({ check: { group, id } }) => `${group}/${id}`);
  const seconds = Math.round((endedAt.getTime() - startedAt.getTime()) / 1000);
  terminal.text(
    `\n${found.length - failed.length} of ${found.length} checks passed in ${seconds} s` +
      `${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}. ` +
      `Report: ${relative(process.cwd(), page)}${withDashboards}, and ${relative(process.cwd(), file)}`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

try {
  await main(process.env);
} catch (error) {
  console.error(end.signal.aborted ? '\nInterrupted.' : error instanceof Error ? error.message : error);
  process.exitCode ||= 1;
}
