import { setTimeout as delay } from 'node:timers/promises';
import { keepAliveClient } from '@sightline/testkit/keep-alive.ts';
import { openAccount } from '../../accounts.ts';

/** Requests, a given number at a time, until it is stopped. */
export interface Load {
  /** Requests answered so far. */
  answers(): number;
  /**
   * Waits for the last answers.
   * @throws Error when a request failed, or got another answer than it should
   */
  stop(): Promise<void>;
}

interface LoadOptions {
  readonly connections: number;
  /** Requests a second, as far as the service keeps up with them; without it there is no pause. */
  readonly rate?: number;
}

/** Puts load on an API as a new user, who by turns reads a todo, lists, searches, makes one and changes it. */
export async function startTodoLoad(url: string, { connections, rate }: LoadOptions): Promise<Load> {
  const { token, todoId } = await openAccount(url, false);
  const { send, close } = keepAliveClient(url, connections);
  const todo = `/v1/todos/${todoId}`;
  const created = { title: 'Made under load', description: 'With a description.', labels: ['load'] };
  const requests: readonly [method: string, path: string, status: number, json?: (turn: number) => object][] =
    [
      ['GET', todo, 200],
      ['GET', '/v1/todos', 200],
      ['GET', todo, 200],
      ['GET', '/v1/todos?sort=-priority&status=open&limit=50', 200],
      ['POST', '/v1/todos', 201, () => created],
      ['GET', '/v1/todos?q=description&limit=5', 200],
      ['PATCH', todo, 200, (turn) => ({ title: `Changed ${turn}` })],
    ];
  let answers = 0;
  let turns = 0;
  let stopped = false;
  const began = performance.now();

  async function ask(): Promise<void> {
    while (!stopped) {
      const turn = turns;
      turns += 1;
      const early = rate === undefined ? 0 : began + (turn * 1000) / rate - performance.now();
      if (early > 1) await delay(early);
      const [method, path, expected, json] = requests[turn % requests.length] ?? ['GET', todo, 200];
      const { status } = await send(method, path, token, json?.(turn));
      if (status !== expected) throw new Error(`${method} ${path} answered ${status}, not ${expected}.`);
      answers += 1;
    }
  }

  const clients = Promise.allSettled(Array.from({ length: connections }, ask));
  return {
    answers: () => answers,
    async stop() {
      stopped = true;
      const results = await clients;
      close();
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
