/** `make test`: runs a table of checks, says which failed and why, and ends with one line `N passed, N failed`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { runChecks } from '@sightline/testkit/check.ts';
import { checks } from './checks.ts';
import { installDebianPackages } from './debian-packages.ts';
import { endWithProgram, type Run } from './program.ts';

endWithProgram();

const only = (process.env['ONLY'] ?? '').split(',').filter((name) => name !== '');
const unknown = only.filter((name) => !checks.some(({ id }) => id === name));
if (unknown.length > 0) {
  console.error(
    `There is no check ${unknown.join(', ')}. ONLY takes: ${checks.map(({ id }) => id).join(', ')}.`,
  );
  process.exit(1);
}
const chosen = checks.filter(({ id }) => only.length === 0 || only.includes(id));
const ids = chosen.map(({ id }) => id);
if (ids.includes('jest')) installDebianPackages();

const reports = mkdtempSync(join(tmpdir(), 'sightline-checks-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));
const run: Run = { ids, reports, signalsSeen: join(reports, 'signals-seen') };
mkdirSync(run.signalsSeen);

// What checks write meanwhile would end up in a line that is written over.
const terminal = { ...terminalOn(process.stdout, process.env), live: () => {} };
const { found, skipped: skippedChecks } = await runChecks(chosen, run, { terminal });

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
const passed = (run.tests?.passed ?? 0) + others.filter(({ ok }) => ok).length;
const last = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
console.log(`${passed} passed, ${failures.length} failed${last}`);
process.exitCode = failures.length > 0 ? 1 : 0;
