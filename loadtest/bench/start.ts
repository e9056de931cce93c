/** Starts variants as processes of their own, on the first core where they can be kept there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { eventually } from '@sightline/testkit/eventually.ts';
import { portsOf } from '@sightline/testkit/process.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { fileOf, type Variant, type VariantInputs } from './variants.ts';

/** Cores by their number: a load generator beside the server on one core would measure itself. */
export const cores = { server: 0, generator: 1 } as const;

/** Whether processes can be kept on one core each. */
export const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/** Command and arguments of a program of Node that stays on a core, where that can be. */
export function pinned(core: number, args: readonly string[]): [command: string, args: string[]] {
  return canPin
    ? ['taskset', ['-c', String(core), process.execPath, ...args]]
    : [process.execPath, [...args]];
}

/** A variant that answers. */
export interface Running {
  readonly variant: Variant;
  readonly url: string;
  /** How long its processor was at work so far, in seconds. */
  processorSeconds(): Promise<number>;
  /** How many times as long work took just now as it takes where nothing else wants its core. */
  slowdown(): Promise<number>;
  /** Leaves steps of a request out from now on, and no others: only of the service with switches in it. */
  leaveOut(without: readonly string[]): Promise<void>;
  /** Compares the service with steps and without them: it has to be under load meanwhile, and to have switches in it. */
  compare(comparison: Comparison): Promise<Compared>;
  /** The output of its process. */
  readonly log: LogFile;
  stop(): Promise<void>;
}

const startDeadlineMs = 30_000;
/** So much of the output of a variant goes into an error. */
const shownBytes = 2000;
const preload = resolve(import.meta.dirname, 'in-variant.ts');

/** Steps of a request that are left out of the service and put back, by turns, while it is under load. */
export interface Comparison {
  readonly without: readonly string[];
  readonly turns: number;
  /** Milliseconds of each turn, with and without. */
  readonly windowMs: number;
}

/** Microseconds of processor time that a request took, in each turn. */
export interface Compared {
  readonly with: readonly number[];
  readonly without: readonly number[];
}

/** The questions that every variant answers, but the last two: those are for the service with switches in it. */
export interface Questions {
  readonly 'processor-time': { readonly asks: object; readonly answer: number };
  readonly slowdown: { readonly asks: object; readonly answer: number };
  readonly 'leave-out': { readonly asks: Pick<Comparison, 'without'>; readonly answer: null };
  readonly compare: { readonly asks: Comparison; readonly answer: Compared };
}
export type Question = {
  [Ask in keyof Questions]: { readonly ask: Ask } & Questions[Ask]['asks'];
}[keyof Questions];
export interface Answer<Ask extends keyof Questions> {
  readonly answer: Questions[Ask]['answer'];
}

/** The message of a variant that listens. */
type Told = { readonly port: number } | { readonly ports: Readonly<Record<string, number>> };

async function portTold(child: ChildProcess): Promise<number | undefined> {
  const [told] = (await once(child, 'message')) as [Told];
  return 'port' in told ? told.port : Object.values(told.ports)[0];
}

const portInLog = async (output: () => string) => (await portsOf({ output })).port;

/**
 * Starts a variant and waits until it answers. Its output goes into a file, as a supervisor's does.
 * @throws Error with the end of its output when it doesn't start
 */
export async function start(variant: Variant, inputs: VariantInputs, token: string): Promise<Running> {
  const log = openLogFile();
  const [, ...args] = variant.program;
  const [command, commandArgs] = pinned(cores.server, ['--import', preload, fileOf(variant), ...args]);
  const child = spawn(command, commandArgs, {
    env: { PATH: process.env['PATH'], ...variant.environment(inputs) },
    stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(() => process.off('exit', kill));
  const failed = ended.then(() => {
    throw new Error(`${variant.name} ended instead of serving:\n${log.end(shownBytes)}`);
  });
  failed.catch(() => {});
  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) kill();
    await ended;
    log.close();
  }
  async function answerTo<Ask extends keyof Questions>(ask: Ask, asks: Questions[Ask]['asks']) {
    const answered = once(child, 'message');
    child.send({ ask, ...asks });
    const [{ answer }] = (await Promise.race([answered, failed])) as [Answer<Ask>];
    return answer;
  }
  async function listening(): Promise<string> {
    const output = () => log.end(shownBytes);
    const port = await Promise.race([failed, variant.logsItsPort ? portInLog(output) : portTold(child)]);
    const url = `http://127.0.0.1:${port}`;
    const headers = { Authorization: `Bearer ${token}` };
    const answers = async () => (await fetch(`${url}/v1/todos?limit=1`, { headers })).ok;
    await Promise.race([failed, eventually(answers, startDeadlineMs)]);
    return url;
  }
  try {
    return {
      variant,
      url: await listening(),
      processorSeconds: () => answerTo('processor-time', {}),
      slowdown: () => answerTo('slowdown', {}),
      async leaveOut(without) {
        await answerTo('leave-out', { without });
      },
      compare: (comparison) => answerTo('compare', comparison),
      log,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
