import { setTimeout as delay } from 'node:timers/promises';
import { client, registerUser } from '../../../app/test/support/api.ts';
import { keepAliveClient } from '../../../app/test/support/keep-alive.ts';

const connections = 32;

/** Requests at a rate that was given, as far as the service keeps up with it. */
export interface PacedLoad {
  /** Requests answered so far. */
  answers(): number;
  /**
   * Waits for the last answers.
   * @throws Error when a request failed, or got another answer than it should
   */
  stop(): Promise<void>;
}

/** Puts load on a service as a new user, who by turns reads a todo, lists, searches, makes one and changes it. */
export async function startPacedLoad(url: string, rate: number): Promise<PacedLoad> {
  const { token } = await registerUser(client(url));
  const { send, close } = keepAliveClient(url, connections);
  const made = await send('POST', '/v1/todos', token, { title: 'To be read and changed' });
  const { id } = JSON.parse(made.text) as { id: string };
  const todo = `/v1/todos/${id}`;
  const patch = { 'Content-Type': 'application/merge-patch+json' };
  let turn = 0;
  const ask: readonly (() => Promise<{ status: number }>)[] = [
    () => send('GET', todo, token),
    () => send('GET', '/v1/todos', token),
    () => send('GET', todo, token),
    () => send('GET', '/v1/todos?sort=-priority&status=open&limit=50', token),
    () =>
      send('POST', '/v1/todos', token, {
        title: 'Made under load',
        description: 'With a description.',
        labels: ['load'],
      }),
    () => send('GET', '/v1/todos?q=description&limit=5', token),
    () => send('PATCH', todo, token, { title: `Changed ${turn}` }, patch),
  ];
  let answers = 0;
  let stopped = false;
  const began = performance.now();

  async function askAgain(): Promise<void> {
    while (!stopped) {
      const n = turn;
      turn += 1;
      const early = began + (n * 1000) / rate - performance.now();
      if (early > 1) await delay(early);
      const answer = await ask[n % ask.length]?.();
      if (answer && answer.status >= 300)
        throw new Error(`Request ${n % ask.length} of the load was answered with ${answer.status}.`);
      answers += 1;
    }
  }

  const clients = Promise.allSettled(Array.from({ length: connections }, askAgain));
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
