import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { separators } from '@sightline/testkit/hostile-lines.ts';
import { ask, listenForRequests, type Request } from '../native/control.ts';

let folder: string;
let path: string;
const closing: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-control-'));
  path = join(folder, 'socket');
});
afterEach(() => {
  for (const server of closing.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

const request: Request = { operation: 'restart', components: separators };

test('a request and an error are one line each, whatever is in them', async () => {
  const handled: Request[] = [];
  const server = await listenForRequests(path, (asked) => {
    handled.push(asked);
    if (asked.operation === 'stop') throw new Error(separators.join('x'));
  });
  closing.push(server);
  await ask(path, request);
  await expect(ask(path, { ...request, operation: 'stop' })).rejects.toThrow(separators.join('x'));
  expect(handled).toEqual([request, { ...request, operation: 'stop' }]);
  // It would wait for a connection that stays open.
  await new Promise((resolve) => server.close(resolve));
});

test('a request that comes byte by byte, with a character cut in two, is understood', async () => {
  const handled: Request[] = [];
  closing.push(await listenForRequests(path, (asked) => void handled.push(asked)));
  const socket = connect({ path, allowHalfOpen: true });
  for (const byte of Buffer.from(`${JSON.stringify(request)}\n`)) {
    socket.write(Buffer.from([byte]));
    await turn();
  }
  expect(await text(socket)).toBe('{}\n');
  expect(handled).toEqual([request]);
});

test('what is no request is answered with an error, and carries nothing out', async () => {
  closing.push(
    await listenForRequests(path, () => {
      throw new Error('never');
    }),
  );
  for (const [sent, said] of [
    ['not JSON\n', 'not valid JSON'],
    ['x'.repeat(2 ** 17), 'longer than 65536 bytes'],
  ] as const) {
    const socket = connect({ path, allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write(sent);
    expect(JSON.parse(await text(socket))).toEqual({ error: expect.stringContaining(said) });
  }
});

test('a supervisor that ends before its answer is a sentence', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(path);
  closing.push(server);
  await expect(ask(path, request)).rejects.toThrow('The supervisor ended before it answered.');
});
