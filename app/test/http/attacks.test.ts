import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { isFailure } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

const limits = {
  HEADERS_TIMEOUT_MS: '400',
  RECEIVE_TIMEOUT_MS: '800',
  REQUEST_TIMEOUT_MS: '1500',
  STALL_TIMEOUT_MS: '2000',
  KEEP_ALIVE_TIMEOUT_MS: '500',
  MAX_REQUESTS_PER_CONNECTION: '5',
  MAX_HEADER_BYTES: '2048',
  MAX_HEADERS: '20',
  BODY_LIMIT_BYTES: '2048',
};

/** Sends a piece at a time, slowly, until the connection ends. */
async function drip(socket: Socket, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed || socket.readableEnded) return;
    socket.write(piece);
    await delay(20);
  }
}

function* endlessly(piece: string): Generator<string> {
  for (;;) yield piece;
}

const head = (line: string, ...fields: string[]) => `${[line, 'Host: x', ...fields].join('\r\n')}\r\n\r\n`;
const live = head('GET /health/live HTTP/1.1');
const jsonPost = (token: string, ...fields: string[]) =>
  head(
    'POST /v1/todos HTTP/1.1',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    ...fields,
  );
const zeros = Buffer.alloc(10_000_000);

/** The bytes of one connection, and the statuses of the answers it gets before it is closed. */
interface Attack {
  readonly name: string;
  readonly send: (socket: Socket, token: string) => void | Promise<void>;
  readonly answers: readonly number[];
}

const attack = (name: string, send: Attack['send'], ...answers: number[]): Attack => ({
  name,
  send,
  answers,
});
const bytes = (name: string, text: string, ...answers: number[]) =>
  attack(name, (socket) => void socket.write(text), ...answers);
const bomb = (encoding: string, compressed: Buffer) =>
  attack(
    `a compression bomb in ${encoding}`,
    (socket, token) => {
      socket.write(jsonPost(token, `Content-Encoding: ${encoding}`, `Content-Length: ${compressed.length}`));
      socket.write(compressed);
    },
    415,
  );

const attacks: readonly Attack[] = [
  attack('a connection that says nothing', () => {}, 408),
  bytes('half a header and silence', 'GET /health/live HTTP/1.1\r\nHost: x\r\n', 408),
  attack('a header byte by byte', (socket) => drip(socket, live.slice(0, -1)), 408),
  attack(
    'header fields without end, slowly',
    (socket) => {
      socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
      return drip(socket, endlessly('X-A: b\r\n'));
    },
    408,
  ),
  attack(
    'a body byte by byte',
    (socket, token) => {
      socket.write(jsonPost(token, 'Content-Length: 1000'));
      return drip(socket, endlessly('x'));
    },
    408,
  ),
  attack(
    'chunks without end, slowly',
    (socket, token) => {
      socket.write(jsonPost(token, 'Transfer-Encoding: chunked'));
      return drip(socket, endlessly('1\r\nx\r\n'));
    },
    408,
  ),
  attack(
    'chunks without end, fast',
    (socket, token) => {
      socket.write(jsonPost(token, 'Transfer-Encoding: chunked'));
      socket.write(`400\r\n${'x'.repeat(1024)}\r\n`.repeat(50));
    },
    413,
  ),
  attack(
    'a chunk extension without end',
    (socket, token) => {
      socket.write(jsonPost(token, 'Transfer-Encoding: chunked'));
      socket.write(`1;${'x'.repeat(100_000)}`);
    },
    413,
  ),
  attack(
    'a body of ten terabytes, announced',
    (socket, token) => void socket.write(`${jsonPost(token, 'Content-Length: 10000000000000')}{`),
    413,
  ),
  bytes('a header over its size', head('GET /health/live HTTP/1.1', `X-Long: ${'x'.repeat(3000)}`), 431),
  bytes('a path over that size', head(`GET /${'x'.repeat(3000)} HTTP/1.1`), 431),
  bytes(
    'more header fields than allowed',
    head('GET /health/live HTTP/1.1', ...Array<string>(20).fill('A: b'), 'Connection: close'),
    431,
  ),
  bomb('gzip', gzipSync(zeros)),
  bomb('deflate', deflateSync(zeros)),
  bomb('br', brotliCompressSync(zeros)),
  bomb('zstd', zstdCompressSync(zeros)),
  bytes(
    'more pipelined requests than a connection may have',
    live.repeat(20),
    // The last of them says that the connection ends; nothing behind it is carried out.
    ...Array<number>(5).fill(200),
  ),
  bytes('an answered connection that stays silent', live, 200),
  bytes('no HTTP after a request', `${live}\0\0\0\0\r\n\r\n`, 200, 400),
  bytes('a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400),
  bytes('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400),
  bytes('a header field continued in a second line', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400),
  bytes('a space before the colon', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello', 400),
  bytes('a bare line feed in the header', 'GET / HTTP/1.1\nHost: x\n\n', 400),
  bytes('no Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400),
  bytes('two hosts', head('GET /health/live HTTP/1.1', 'Host: y', 'Connection: close'), 400),
  bytes('a length that is no number', head('POST /v1/todos HTTP/1.1', 'Content-Length: 0x10'), 400),
  bytes(
    'chunked that is not last',
    head('POST /v1/todos HTTP/1.1', 'Transfer-Encoding: chunked, identity'),
    400,
  ),
  bytes('a tunnel', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n', 405),
];

describe('a hostile connection is ended', () => {
  let api: TestApi;
  let user: TestUser;
  /** The answers that each attack received; they all go on at once. */
  let received: ReadonlyMap<string, Promise<string>>;
  beforeAll(async () => {
    api = await startApi(limits);
    user = await api.newUser();
    received = new Map(
      attacks.map(({ name, send }) => [name, exchange((socket) => send(socket, user.token))]),
    );
  });
  afterAll(() => api.stop());
  afterEach(async () => {
    expect((await api.send('GET', '/health/live')).status).toBe(200);
  });

  /** Opens a connection, sends, and reads until the server closes it. */
  async function exchange(send: (socket: Socket) => void | Promise<void>): Promise<string> {
    const socket = connect({ port: api.port, host: '127.0.0.1' });
    let received = '';
    socket.setEncoding('utf8').on('data', (text) => {
      received += text;
    });
    // A reset is an end as well: the server need not read what it has refused.
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('end', () => socket.end());
    await once(socket, 'connect');
    await send(socket);
    await closed;
    return received;
  }

  test.each(attacks)('$name: $answers', async ({ name, answers }) => {
    const text = (await received.get(name)) ?? '';
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    expect(statuses).toEqual(answers);
    if ((statuses.at(-1) ?? 0) >= 400) expect(text).toContain('"request_id":"');
  });

  test('when it reads none of its answers', async () => {
    await api.knex.raw(
      "insert into todos (owner_id, title, description) select ?, 'long', repeat('x', 10000) from generate_series(1, 100)",
      [user.id],
    );
    const socket = connect({ port: api.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.pause();
    const list = head(
      'GET /v1/todos?limit=100 HTTP/1.1',
      `Authorization: Bearer ${user.token}`,
      'X-Request-Id: stalled',
    );
    // Five answers of a megabyte each: more than the system takes on both sides for one that reads nothing.
    socket.write(list.repeat(5));
    const dropped = () =>
      api
        .logLines()
        .filter((line) => line['http.request.id'] === 'stalled' && line['http.response.status_code'] === 499);
    await eventually(() => dropped().length > 0);
    socket.destroy();
  });

  test('when a handler takes too long it gets its answer all the same, and the connection goes on', async () => {
    const { token } = user;
    const { body: todo } = await api.send<{ id: string }>('POST', '/v1/todos', {
      token,
      json: { title: 'locked' },
    });
    const transaction = await api.knex.transaction();
    await transaction('todos').where({ id: todo.id }).forUpdate();
    const late = await api.send('PATCH', `/v1/todos/${todo.id}`, { token, json: { title: 'late' } });
    expect(late.status).toBe(503);
    expect(late.body).toMatchObject({ type: '/problems/answer-timeout', status: 503 });
    await transaction.rollback();
    // What was to be changed was changed after the answer, as the problem says it may be.
    await eventually(async () => {
      const { body } = await api.send('GET', `/v1/todos/${todo.id}`, { token });
      return body['title'] === 'late';
    });
  });

  test('and none of it was an error of ours, but for the handler that took too long', () => {
    const failures = api.logLines().filter(isFailure);
    expect(failures.map((line) => line['error.message'])).toEqual([
      expect.stringContaining('The request took too long'),
    ]);
  });
});
