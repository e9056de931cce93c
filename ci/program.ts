/** How a check of `make test` runs a program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { checkoutCacheFolder } from '@sightline/settings/cache.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { linesOf } from '@sightline/telemetry/lines.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import type { ForChange } from './changed.ts';
import { type Counts, countJest } from './counts.ts';
import { checkVariable } from './timeline/processor-time.ts';
import { timesVariable } from './timeline/test-times.ts';

/** The data that the checks of a run share. */
export interface Run {
  /** Ids of the checks that are asked for. */
  readonly ids: readonly string[];
  /** A folder that is gone afterwards. */
  readonly reports: string;
  /** Where tests note the signals that they saw. */
  readonly signalsSeen: string;
  /** Where jest's workers note how long each test file took. */
  readonly times: string;
  /** The test files and drills that CHANGED leaves. */
  readonly forChange?: Pick<ForChange, 'tests' | 'drills'> | undefined;
  /** The counts of jest's report. */
  tests?: Counts;
}

export interface ProgramOptions {
  /** Beside the caller's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its stderr is progress, shown as it comes. */
  readonly showsProgress?: true;
  /** Until it is ended and has failed. Unset: several times what the longest takes on 2 cores. */
  readonly minutes?: number;
}

/** Variables of what starts hundreds of times and lives for seconds. */
const cheapStarts = {
  // The service is up with half of the processor time, a command with a third.
  NODE_COMPILE_CACHE: checkoutCacheFolder('compile'),
  // Java's second compiler pays off after minutes: Elasticsearch is up with 14 s of processor time instead
  // of 22 (three starts of each in turns, by /proc/PID/stat of its processes).
  ES_JAVA_OPTS: process.env['ES_JAVA_OPTS'] ?? '-XX:TieredStopAtLevel=1',
};

const running = new Set<ChildProcess>();

/** An interruption ends the programs that run, and then this one. @returns is aborted by it: no other program begins */
export function endWithPrograms(): AbortSignal {
  const interrupted = new AbortController();
  onInterrupt((signal) => {
    const code = exitCodeOf(signal);
    interrupted.abort();
    if (running.size === 0) process.exit(code);
    for (const child of running) {
      child.once('exit', () => running.size === 0 && process.exit(code));
      if (child.pid !== undefined) killIfThere(-child.pid, 'SIGTERM');
    }
  });
  return interrupted.signal;
}

/** Runs Node with these arguments, from the root of the checkout. @returns how it ended: `0`, another code, a signal, an error */
async function end(
  id: string,
  args: readonly string[],
  { signalsSeen, times }: Run,
  { env, minutes = 20 }: ProgramOptions,
  output: (child: ChildProcess) => void,
): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd: checkout,
    env: {
      ...process.env,
      ...env,
      SIGNALS_SEEN: signalsSeen,
      [timesVariable]: times,
      [checkVariable]: id,
      ...cheapStarts,
    },
    // A process group: what a check that dies leaves behind, jest's workers above all, is ended with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (child.pid !== undefined) killIfThere(-child.pid, 'SIGKILL');
  });
  output(child);
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
    setTimeout(() => {
      resolve(`no result within ${minutes} minutes`);
      if (child.pid !== undefined) killIfThere(-child.pid, 'SIGKILL');
    }, minutes * 60_000).unref();
  });
  running.delete(child);
  return ended;
}

/** Passes lines on to stderr as they come; where several checks run side by side, each line says whose it is. */
async function showProgress({ stderr }: ChildProcess, id: string, { ids }: Run): Promise<void> {
  if (stderr === null) return;
  const name = ids.length === 1 ? '' : `${id.padEnd(12)} | `;
  for await (const line of linesOf(stderr)) process.stderr.write(`${name}${line}\n`);
}

/** A check that is one thing: exit code 0 passes it, anything else fails it by what it said. */
export const program =
  (args: readonly string[], options: ProgramOptions = {}) =>
  async (run: Run, id: string): Promise<string> => {
    let output = '';
    const ended = await end(id, args, run, options, (child) => {
      if (options.showsProgress) void showProgress(child, id, run);
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
    });
    if (ended === '0') return '';
    throw new CheckFailed([output.trim() || `It ended with ${ended} and no output.`]);
  };

/** Each test counts, by jest's report. Its progress, and its failures in full, are on stderr. */
export const jest =
  (args: readonly string[], options: ProgramOptions = {}) =>
  async (run: Run, id: string): Promise<string> => {
    const report = join(run.reports, 'jest.json');
    const { tests } = run.forChange ?? {};
    const some = tests === undefined ? [] : ['--runTestsByPath', ...tests];
    const all = [...args, '--json', `--outputFile=${report}`, ...some];
    const ended = await end(id, all, run, options, (child) => {
      void showProgress(child, id, run);
      child.stdout?.resume();
    });
    run.tests = countJest(report, ended);
    const { passed, problems } = run.tests;
    if (problems.length > 0) throw new CheckFailed(problems);
    return `${passed} passed`;
  };
