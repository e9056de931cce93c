import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { freePort } from '../free-port.ts';
import { holdPort, whyNotFree } from '../ports.ts';

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
  const port = await freePort();
  const release = await holdPort(port);
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

test('processes that ask at the same time are given ports that no other has', async () => {
  const ask = `
    import { freePort } from '@sightline/servers/free-port.ts';
    const ports = [];
    for (let n = 0; n < 200; n += 1) ports.push(await freePort());
    console.log(ports.join(' '));
    process.stdin.resume();`;
  const askers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', ask], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  try {
    const given = await Promise.all(
      askers.map(async ({ stdout }) => {
        let line = '';
        while (!line.endsWith('\n')) line += String((await once(stdout, 'data'))[0]);
        return line;
      }),
    );
    const ports = given.flatMap((line) => line.trim().split(' ').map(Number));
    expect(new Set(ports).size).toBe(800);
    expect(Math.max(...ports)).toBeLessThan(30_000);
  } finally {
    for (const asker of askers) asker.kill('SIGKILL');
  }
});
