/** How a check of `make test` runs a program. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { type Counts, countJest } from './counts.ts';

/** The data that the checks of a run share. */
export interface Run {
  /** Ids of the checks that are asked for. */
  readonly ids: readonly string[];
  /** A folder that is gone afterwards. */
  readonly reports: string;
  /** Where tests note the signals that they saw. */
  readonly signalsSeen: string;
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

let running: ChildProcess | undefined;

/** An interruption ends the program that runs, and then this one. */
export function endWithProgram(): void {
  onInterrupt((signal) => {
    const code = exitCodeOf(signal);
    if (running === undefined) process.exit(code);
    running.once('exit', () => process.exit(code));
    if (running.pid !== undefined) killIfThere(-running.pid, 'SIGTERM');
  });
}

/** Runs Node with these arguments, from the root of the checkout. @returns how it ended: `0`, another code, a signal, an error */
async function end(
  args: readonly string[],
  { signalsSeen }: Run,
  { env, minutes = 15 }: ProgramOptions,
  stdio: 'pipe' | 'inherit',
  started: (child: ChildProcess) => void = () => {},
): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd: checkout,
    env: { ...process.env, ...env, SIGNALS_SEEN: signalsSeen },
    // A process group: what a check that dies leaves behind, jest's workers above all, is ended with it.
    detached: true,
    stdio: ['ignore', stdio === 'pipe' ? 'pipe' : 'ignore', stdio],
  });
  running = child;
  child.once('exit', () => child.pid !== undefined && killIfThere(-child.pid, 'SIGKILL'));
  started(child);
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? String(code)));
    setTimeout(() => {
      resolve(`no result within ${minutes} minutes`);
      if (child.pid !== undefined) killIfThere(-child.pid, 'SIGKILL');
    }, minutes * 60_000).unref();
  });
  running = undefined;
  return ended;
}

/** A check that is one thing: exit code 0 passes it, anything else fails it by what it said. */
export const program =
  (args: readonly string[], options: ProgramOptions = {}) =>
  async (run: Run): Promise<string> => {
    let output = '';
    const ended = await end(args, run, options, 'pipe', (child) => {
      if (options.showsProgress) child.stderr?.pipe(process.stderr, { end: false });
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
  async (run: Run): Promise<string> => {
    const report = join(run.reports, 'jest.json');
    const ended = await end([...args, '--json', `--outputFile=${report}`], run, options, 'inherit');
    run.tests = countJest(report, ended);
    const { passed, problems } = run.tests;
    if (problems.length > 0) throw new CheckFailed(problems);
    return `${passed} passed`;
  };
