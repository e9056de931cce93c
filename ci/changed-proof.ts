/**
 * `node ci/changed-proof.ts app/test/config.test.ts …`: whether a change of each file that a test file opens would select it.
 * strace writes down what the test, and every program that it starts, opens in the checkout.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { allOf, everywhere, readHouse, setUp } from './changed.ts';

const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--runTestsByPath'];

/** Files of the checkout that a run of jest opens. */
function opened(tests: readonly string[], into: string): ReadonlySet<string> {
  const trace = ['--follow-forks', '--seccomp-bpf', '-qq', '--decode-fds=path', '--trace=open,openat,execve'];
  const { status, error } = spawnSync(
    'strace',
    [...trace, '--successful-only', `--output=${into}`, process.execPath, ...jest, ...tests],
    { cwd: checkout, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) throw new Error(error?.message ?? `${tests.join(', ')} failed under strace.`);
  const paths = readFileSync(into, 'utf8').matchAll(/ = \d+<([^>]+)>$|execve\("([^"]+)"/gm);
  return new Set(
    [...paths]
      .map(([, file, program]) => file ?? program ?? '')
      .filter((path) => path.startsWith(`${checkout}/`))
      .map((path) => posix.relative(checkout, path)),
  );
}

const { arrows } = readHouse();
const folder = mkdtempSync(join(tmpdir(), 'sightline-changed-'));
try {
  const known = setUp.flatMap((start) => [...allOf(start, arrows).keys()]);
  // Jest reads every file once to know it.
  opened(['--listTests'], join(folder, 'first'));
  for (const test of process.argv.slice(2)) {
    const reached = new Set([...known, ...allOf(test, arrows).keys()]);
    const files = [...opened([test], join(folder, 'trace'))].filter((path) => arrows.has(path));
    const missed = files.filter((path) => !reached.has(path) && !everywhere.test(path));
    for (const path of missed) console.log(`${test} opens ${path}, whose change does not select it.`);
    if (missed.length > 0) process.exitCode = 1;
    console.log(`${test}: ${files.length} files of the checkout opened, ${missed.length} missed`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
