/** Puts load on a variant, by a process of its own that stays on the second core. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Request } from 'autocannon';
import { cores, pinned } from './start.ts';

/** The load that the generator is to send. */
export interface Task {
  readonly url: string;
  /** Sent in turn on each connection, each once the one before is answered; when they are many, each has its share. */
  readonly requests: readonly Request[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second of all connections together; without it as many as are answered. */
  readonly rate?: number;
}

/** The answers that the load generator got. Latencies are milliseconds; with a rate, from when a request was due. */
export interface Seen {
  readonly answers: number;
  /** Answers a second. */
  readonly rps: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that broke, and answers that didn't come in ten seconds. */
  readonly errors: number;
  /** Share of a core that the generator took: near 1 it is what limits. */
  readonly busy: number;
}

export interface Generator {
  /** @throws Error when the generator ends instead */
  load(task: Task): Promise<Seen>;
  /** How many times as long work took just now as it takes where nothing else wants its core. */
  slowdown(): Promise<number>;
  stop(): void;
}

export function startGenerator(): Generator {
  const [command, args] = pinned(cores.generator, [resolve(import.meta.dirname, 'generator.ts')]);
  const child: ChildProcess = spawn(command, args, {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(() => {
    throw new Error('The load generator ended; what it said is above.');
  });
  ended.catch(() => {});
  async function answerTo(question: Task | 'slowdown'): Promise<unknown> {
    const answered = once(child, 'message');
    child.send(question);
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  }
  return {
    load: (task) => answerTo(task) as Promise<Seen>,
    slowdown: () => answerTo('slowdown') as Promise<number>,
    stop() {
      process.off('exit', kill);
      kill();
    },
  };
}
