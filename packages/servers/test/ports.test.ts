import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { freePort, holdPort, whyNotFree } from '../ports.ts';

/** A client that has sent a request to this port, until it is turned away. */
async function turnedAway(port: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const client = connect(port, '127.0.0.1')
    .on('error', () => {})
    .on('close', () => resolve());
  client.write('GET / HTTP/1.1\r\n\r\n');
  await promise;
}

test('a port that clients look for somebody on is held, turns them away, and is given back', async () => {
  const { port, release } = await holdPort(0);
  await Promise.all([turnedAway(port), turnedAway(port)]);
  await release();
  expect(await whyNotFree(port)).toBeUndefined();
});

test('a port is looked at to its end while a client sends requests to it', async () => {
  const port = await freePort();
  const looking = new AbortController();
  const sent = (async () => {
    while (!looking.signal.aborted) await turnedAway(port);
  })();
  const found = [];
  for (let look = 0; look < 100; look += 1) found.push(await whyNotFree(port));
  looking.abort();
  await sent;
  expect(new Set(found)).toEqual(new Set([undefined]));
});
