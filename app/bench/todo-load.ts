import { client, registerUser } from '../test/support/api.ts';
import { keepAliveClient } from '../test/support/keep-alive.ts';

/** Requests without a pause, a given number at a time, until it is stopped. */
export interface Load {
  /**
   * Waits for the last answers.
   * @returns how many there were
   * @throws Error when a request failed, or got another answer than it should
   */
  stop(): Promise<number>;
}

/** Puts load on an API as a new user, who by turns reads a todo, lists the newest and makes one. */
export async function startTodoLoad(url: string, connections: number): Promise<Load> {
  const { token } = await registerUser(client(url));
  const { send, close } = keepAliveClient(url, connections);
  const made = await send('POST', '/v1/todos', token, { title: 'To be read' });
  const { id } = JSON.parse(made.text) as { id: string };
  const requests: readonly [method: string, path: string, status: number, json?: unknown][] = [
    ['GET', `/v1/todos/${id}`, 200],
    ['GET', '/v1/todos', 200],
    ['POST', '/v1/todos', 201, { title: 'Made under load', priority: 'high', labels: ['load'] }],
  ];
  let answers = 0;
  let stopped = false;

  async function ask(): Promise<void> {
    while (!stopped) {
      for (const [method, path, expected, json] of requests) {
        const { status } = await send(method, path, token, json);
        if (status !== expected) throw new Error(`${method} ${path} answered ${status}, not ${expected}.`);
        answers += 1;
      }
    }
  }

  const clients = Promise.allSettled(Array.from({ length: connections }, ask));
  return {
    async stop() {
      stopped = true;
      const results = await clients;
      close();
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
      return answers;
    },
  };
}
