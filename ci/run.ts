/** `make test` and `make test-all`: runs a table of checks, says which failed and why, and ends with one line `N passed, N failed`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestRun } from '@sightline/preview/model/test-run.ts';
import { writeReport } from '@sightline/preview/report.ts';
import { writePage } from '@sightline/preview/report-file.ts';
import { ensureStackDirectory, stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { runChecks } from '@sightline/testkit/check.ts';
import { forChange } from './changed.ts';
import { allChecks, background, checks as usualChecks } from './checks.ts';
import { installDebianPackages } from './debian-packages.ts';
import { endWithPrograms, type Run } from './program.ts';
import { startSampling } from './timeline/processor-time.ts';
import { readTestTimes, roomTable } from './timeline/test-times.ts';

const interrupted = endWithPrograms();

/** `make test-all` */
const checks = process.env['ALL'] === '1' ? allChecks : usualChecks;
const only = (process.env['ONLY'] ?? '').split(',').filter((name) => name !== '');
const unknown = only.filter((name) => !checks.some(({ id }) => id === name));
if (unknown.length > 0) {
  console.error(
    `There is no check ${unknown.join(', ')}. ONLY takes: ${checks.map(({ id }) => id).join(', ')}.`,
  );
  process.exit(1);
}
const change = await forChange(
  process.env,
  checks.map(({ id }) => id),
).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
for (const line of change?.begins ?? []) console.log(line);
const chosen = checks.filter(
  ({ id }) => (only.length === 0 || only.includes(id)) && (change?.ids?.includes(id) ?? true),
);
const ids = chosen.map(({ id }) => id);
if (ids.includes('jest')) installDebianPackages();

const reports = mkdtempSync(join(tmpdir(), 'sightline-checks-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));
const folderIn = (name: string) => {
  const folder = join(reports, name);
  mkdirSync(folder);
  return folder;
};
const run: Run = {
  ids,
  reports,
  signalsSeen: folderIn('signals-seen'),
  times: folderIn('times'),
  forChange: change,
};

const sampling = startSampling(background);
const startedAt = Date.now();
const cores = availableParallelism();
// What checks write meanwhile would end up in a line that is written over.
const terminal = { ...terminalOn(process.stdout, process.env), live: () => {} };
const { found, skipped: skippedChecks } = await runChecks(chosen, run, {
  terminal,
  signal: interrupted,
  cores,
});
const { seconds, load } = sampling.stop();
const files = readTestTimes(run.times);

/** Into the report of the stack, which is otherwise left alone. */
async function writeTimeline(): Promise<void> {
  const stackDirectory = stackDirectoryOf(process.env);
  ensureStackDirectory(stackDirectory);
  const testRun: TestRun = {
    startedAt,
    endedAt: Date.now(),
    cores,
    checks: found.map(({ check: { id }, startedAt: from, endedAt }) => ({
      name: id,
      startedAt: from,
      endedAt,
      processorSeconds: seconds.get(id),
    })),
    files: files.map(({ path, ...times }) => ({ name: path, ...times })),
    load,
  };
  writeReport(stackDirectory, { testRun });
  console.log(`Timeline: ${relative(process.cwd(), await writePage(stackDirectory))}`);
}

const others = found.filter(({ check }) => check.id !== 'jest');
const failures = [
  ...(run.tests?.problems ?? []).map((problem) => `jest: ${problem.split('\n', 1)[0]}`),
  ...others.filter(({ ok }) => !ok).map(({ check }) => check.id),
];
const skipped = [
  ...(run.tests?.skipped ?? []),
  ...skippedChecks.map(({ check, because }) => `${check.id}: ${because}`),
];
for (const name of skipped) console.log(`${'skipped'.padEnd(8)} ${name}`);
// Once more at the end, which is what is left of a long log.
for (const name of failures) console.log(`${'failed'.padEnd(8)} ${name}`);
if (files.length > 0) {
  console.log(roomTable(files).join('\n'));
  await writeTimeline().catch((error: Error) => console.error(`There is no timeline: ${error.message}`));
}
for (const line of change?.ends ?? []) console.log(line);
const passed = (run.tests?.passed ?? 0) + others.filter(({ ok }) => ok).length;
const last = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
console.log(`${passed} passed, ${failures.length} failed${last}`);
process.exitCode = failures.length > 0 ? 1 : 0;
