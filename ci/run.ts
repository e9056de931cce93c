/** `make test`: runs a table of checks, says which failed and why, and ends with one line `N passed, N failed`. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { whyNoElasticsearch } from '@sightline/servers/elasticsearch/distribution.ts';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { whyNoDocker } from '@sightline/stack/images/docker.ts';
import { whyNoAwsProvider, whyNoTerraform } from '@sightline/terraform/terraform.ts';
import { whyNoPostgresqlClient } from '@sightline/tools/postgresql-client.ts';
import { whyMissing } from '@sightline/tools/tools.ts';
import { type Counts, countJest, one } from './counts.ts';
import { installDebianPackages } from './debian-packages.ts';

interface Check {
  name: string;
  /** Arguments of Node, from the root of the checkout. */
  args: readonly string[];
  /** `one`: the exit code decides. `jest`: each test counts, by jest's report. */
  counts: 'one' | 'jest';
  /** Beside the caller's environment. */
  env?: Readonly<Record<string, string>>;
  /** Why it can't run here; it is then skipped by name. */
  skippedBecause?: () => string | undefined;
  /** Its stderr is progress, shown as it comes. */
  showsProgress?: true;
  /** Until it is ended and counts as failed; `checkMinutes` unless given. */
  minutes?: number;
}

const checks: readonly Check[] = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'], counts: 'one' },
  // What k6 runs: it is no Node.
  { name: 'types-k6', args: ['node_modules/typescript/bin/tsc', '-p', 'loadtest'], counts: 'one' },
  // What runs in a browser: it is no Node either.
  { name: 'types-page', args: ['node_modules/typescript/bin/tsc', '-p', 'preview'], counts: 'one' },
  {
    name: 'lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
    counts: 'one',
  },
  { name: 'regular-expressions', args: ['ci/regular-expressions.ts'], counts: 'one' },
  { name: 'rooms', args: ['ci/rooms.ts'], counts: 'one' },
  { name: 'generated', args: ['ci/generate.ts', '--check'], counts: 'one' },
  { name: 'kubernetes', args: ['kubernetes/check.ts'], counts: 'one', skippedBecause: whyNoKubectl },
  {
    name: 'terraform',
    args: ['terraform/check.ts'],
    counts: 'one',
    skippedBecause: whyNoTerraform,
    showsProgress: true,
  },
  {
    name: 'terraform-aws',
    args: ['terraform/check.ts', '--aws'],
    counts: 'one',
    skippedBecause: whyNoAwsProvider,
  },
  { name: 'workflows', args: ['ci/workflows/check.ts'], counts: 'one', showsProgress: true },
  {
    // Before the tests that need them, whose own time limits are shorter than a first build.
    name: 'tools',
    args: ['tools/build.ts'],
    counts: 'one',
    skippedBecause: () => whyMissing('promtool'),
    showsProgress: true,
    // All of them on a machine that has nothing yet and is busy otherwise.
    minutes: 60,
  },
  {
    // For the same reason.
    name: 'elasticsearch',
    args: ['packages/servers/elasticsearch/fetch.ts'],
    counts: 'one',
    skippedBecause: whyNoElasticsearch,
    showsProgress: true,
  },
  {
    // For the same reason, and since several test files would fetch it at the same time.
    name: 'python',
    args: ['tools/fetch-python.ts'],
    counts: 'one',
    skippedBecause: whyNoPostgresqlClient,
    showsProgress: true,
  },
  {
    name: 'jest',
    args: [
      '--disable-warning=ExperimentalWarning',
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--maxWorkers=100%',
    ],
    counts: 'jest',
    // Four times what all the tests take on two cores.
    minutes: 45,
  },
  {
    name: 'signals',
    args: ['app/test/signals-seen.ts'],
    counts: 'one',
    skippedBecause: () => (runs('jest') ? undefined : 'what it looks at is noted by jest'),
    showsProgress: true,
  },
  {
    name: 'verify',
    args: ['e2e/verify/on-own-stack.ts'],
    counts: 'one',
    skippedBecause: () => whyMissing('k6') ?? whyMissing('prometheus'),
    showsProgress: true,
  },
  {
    name: 'logs-outage',
    args: ['e2e/outage/logs-outage.ts'],
    counts: 'one',
    skippedBecause: () => whyNoElasticsearch() ?? whyMissing('prometheus'),
    showsProgress: true,
  },
  {
    name: 'drills',
    args: ['e2e/drills/cli.ts'],
    env: { QUICK: '1' },
    counts: 'one',
    skippedBecause: () => whyMissing('prometheus') ?? whyMissing('toxiproxy-server') ?? whyMissing('k6'),
    showsProgress: true,
  },
  {
    name: 'chaos',
    args: ['e2e/chaos/cli.ts'],
    env: { MINUTES: '2', SEED: '16356' },
    counts: 'one',
    skippedBecause: () => whyMissing('prometheus') ?? whyMissing('toxiproxy-server') ?? whyMissing('k6'),
    showsProgress: true,
  },
  {
    name: 'image',
    args: ['ci/with-postgresql.ts', 'e2e/docker/test-image.ts'],
    counts: 'one',
    skippedBecause: whyNoDocker,
    showsProgress: true,
  },
  {
    name: 'schemathesis',
    args: ['ci/with-postgresql.ts', 'app/test/schemathesis/run.ts'],
    counts: 'one',
  },
];

/** Several times what the longest takes on 2 cores: one that hangs is ended and counts as failed. */
const checkMinutes = 15;

let running: ChildProcess | undefined;
onInterrupt((signal) => {
  const code = exitCodeOf(signal);
  if (running === undefined) process.exit(code);
  running.once('exit', () => process.exit(code));
  if (running.pid !== undefined) killIfThere(-running.pid, 'SIGTERM');
});

const only = (process.env['ONLY'] ?? '').split(',').filter((name) => name !== '');
const unknown = only.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no check ${unknown.join(', ')}. ONLY takes: ${checks.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(1);
}

if (runs('jest')) installDebianPackages();
const reports = mkdtempSync(join(tmpdir(), 'sightline-checks-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));
// Where tests note the signals that they saw, for the check of that name.
const signalsSeen = join(reports, 'signals-seen');
mkdirSync(signalsSeen);
const total: Counts = { passed: 0, failed: 0, skipped: [], problems: [] };
for (const check of checks) {
  if (!runs(check.name)) continue;
  const obstacle = check.skippedBecause?.();
  if (obstacle !== undefined) {
    total.skipped.push(`${check.name}: ${obstacle}`);
    continue;
  }
  const began = performance.now();
  const counts = await run(check);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const numbers = check.counts === 'one' ? '' : `  ${counts.passed} passed, ${counts.failed} failed`;
  console.log(
    `${check.name.padEnd(13)} ${counts.failed === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s${numbers}`,
  );
  for (const problem of counts.problems) console.log(problem.replace(/^/gm, '    '));
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
  total.problems.push(
    ...counts.problems.map((problem) =>
      check.counts === 'one' ? check.name : `${check.name}: ${problem.split('\n', 1)[0]}`,
    ),
  );
}
for (const name of total.skipped) console.log(`${'skipped'.padEnd(13)} ${name}`);
// Once more at the end, which is what is left of a long log.
for (const problem of total.problems) console.log(`${'failed'.padEnd(13)} ${problem}`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function runs(check: string): boolean {
  return only.length === 0 || only.includes(check);
}

async function run({
  name,
  args,
  env,
  counts,
  showsProgress,
  minutes = checkMinutes,
}: Check): Promise<Counts> {
  const report = join(reports, `${name}.json`);
  const isJest = counts === 'jest';
  const child = spawn(process.execPath, [...args, ...(isJest ? ['--json', `--outputFile=${report}`] : [])], {
    cwd: checkout,
    env: { ...process.env, ...env, SIGNALS_SEEN: signalsSeen },
    // A process group: what a check that dies leaves behind, jest's workers above all, is ended with it.
    detached: true,
    // Jest shows its progress, and its failures in full, on stderr.
    stdio: ['ignore', isJest ? 'ignore' : 'pipe', isJest ? 'inherit' : 'pipe'],
  });
  running = child;
  child.once('exit', () => child.pid !== undefined && killIfThere(-child.pid, 'SIGKILL'));
  if (showsProgress) child.stderr?.pipe(process.stderr, { end: false });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
    setTimeout(() => {
      resolve(`no result within ${minutes} minutes`);
      if (child.pid !== undefined) killIfThere(-child.pid, 'SIGKILL');
    }, minutes * 60_000).unref();
  });
  running = undefined;
  return isJest ? countJest(report, end) : one(end, output);
}
