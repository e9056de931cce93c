import { type Account, usersFor } from '@sightline/loadtest/accounts.ts';
import { keepAliveClient } from '@sightline/testkit/keep-alive.ts';
import type { Traffic } from './drill.ts';
import type { SystemUnderTest } from './system.ts';

/** Requests at a steady rate, whatever becomes of them. */
export interface RunningTraffic {
  stop(): void;
}

/** How often the requests that have come due are sent, in milliseconds. */
const turnMs = 20;
/** More than ever wait at once, unless nothing is answered at all. */
const connections = 200;

/** Begins to send. What isn't answered is not sent again. */
export async function startTraffic(
  system: SystemUnderTest,
  { reads = 0, batches = 0 }: Traffic,
): Promise<RunningTraffic> {
  const accounts = await system.accounts(usersFor(reads + batches));
  const { send, close } = keepAliveClient(system.addresses.API_URL, connections);
  const kinds = [
    {
      perSecond: reads,
      go: ({ todoId, token, origin }: Account) =>
        send('GET', `/v1/todos/${todoId}`, token, undefined, origin),
    },
    {
      perSecond: batches,
      go: ({ token, origin }: Account) =>
        send('POST', '/v1/todos/batch', token, { items: [{ title: 'One of a batch' }] }, origin),
    },
  ];
  const began = performance.now();
  const sent = kinds.map(() => 0);
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    for (const [index, { perSecond, go }] of kinds.entries()) {
      for (let due = Math.floor(seconds * perSecond) - (sent[index] ?? 0); due > 0; due -= 1) {
        const number = sent[index] ?? 0;
        sent[index] = number + 1;
        const account = accounts[number % accounts.length];
        if (account !== undefined) go(account).catch(() => {});
      }
    }
  }, turnMs);
  return {
    stop() {
      clearInterval(timer);
      close();
    },
  };
}
