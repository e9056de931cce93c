import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { changes, type LogLine } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { answersIn, exchangeRaw, type RawAnswer } from '@sightline/testkit/raw-http.ts';
import { leftToNode, listenersOf } from '../../src/http/server.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

const maxRequests = 8;
let api: TestApi;
let user: TestUser;
let managementPort: number;
let titles = 0;
beforeAll(async () => {
  api = await startApi({
    HEADERS_TIMEOUT_MS: '400',
    RECEIVE_TIMEOUT_MS: '800',
    KEEP_ALIVE_TIMEOUT_MS: '500',
    MAX_REQUESTS_PER_CONNECTION: String(maxRequests),
    BODY_LIMIT_BYTES: '2048',
    LOG_LEVEL: 'debug',
  });
  user = await api.newUser();
  managementPort = Number(new URL(api.managementUrl).port);
});
afterAll(() => api.stop());

const head = (line: string, ...fields: string[]) => `${[line, 'Host: x', ...fields].join('\r\n')}\r\n\r\n`;
const live = head('GET /health/live HTTP/1.1');
const last = head('GET /health/live HTTP/1.1', 'Connection: close');
const newTitle = () => {
  titles += 1;
  return `title-${titles}`;
};

/** A whole request that creates a todo. */
function post(title: string, ...fields: string[]): string {
  const body = JSON.stringify({ title });
  return `${head(
    'POST /v1/todos HTTP/1.1',
    `Authorization: Bearer ${user.token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...fields,
  )}${body}`;
}

const requestsOf = async () =>
  Object.values(changes(new Map(), await api.samples(), /^http_requests_total/)).reduce(
    (sum, count) => sum + count,
    0,
  );

/** The lines of requests, and of what never became one. */
const isAnswer = ({ 'event.action': action }: LogLine) =>
  action === 'request' || action === 'management-request' || action === 'request-malformed';

/** Sends bytes, and tells what was answered, counted and logged by that. */
async function observe(bytes: string, port = api.port) {
  const counted = await requestsOf();
  const logged = api.logLines().length;
  const answers = answersIn(await exchangeRaw(port, bytes)).filter(({ status }) => status >= 200);
  const lines = () => api.logLines().slice(logged).filter(isAnswer);
  await eventually(() => lines().length >= answers.length);
  return { answers, lines: lines(), counted: (await requestsOf()) - counted };
}

const statusesOf = (answers: readonly RawAnswer[]) => answers.map(({ status }) => status);

/** Each answer is a request of its own, counted once and logged once; each of an error is a problem document. */
function expectAccounts({ answers, lines, counted }: Awaited<ReturnType<typeof observe>>): void {
  expect(counted).toBe(answers.length);
  const idOf = ({ headers }: RawAnswer) => headers['x-request-id'];
  expect(new Set(answers.map(idOf)).size).toBe(answers.length);
  expect(lines.map((line) => [line['http.request.id'], line['http.response.status_code']]).sort()).toEqual(
    answers.map((answer) => [idOf(answer), answer.status]).sort(),
  );
  for (const answer of answers.filter(({ status }) => status >= 400)) {
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ status: answer.status, request_id: idOf(answer) });
  }
}

const exists = async (title: string) => {
  const { rows } = await api.knex.raw('select count(*)::int as count from todos where title = ?', [title]);
  return Number(rows[0].count);
};

describe('a request target', () => {
  const wrong = [
    ...[
      'http://[/',
      'http://a:b/',
      'http://',
      'http:///x',
      'https://:1/',
      'http://a:99999/',
      'http://[::1',
      'http://a b',
    ],
    ...[
      'http://user@host/',
      'http://user:secret@host/v1/todos',
      'ftp://host/',
      'file:///etc/passwd',
      'javascript:1',
    ],
    ...[
      '*',
      'x',
      'x:1',
      '127.0.0.1:80',
      'http:x',
      '?a=b',
      '#',
      '/v1/todos#part',
      '/v1/\xe4',
      '/\xa0',
      '/v1/todos?q=\xff',
    ],
  ];

  test.each(wrong)('that is none is refused, counted and logged once, on both ports: %j', async (target) => {
    const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const seen = await observe(Buffer.from(request, 'latin1').toString('latin1'));
    expect(statusesOf(seen.answers)).toEqual([400]);
    expectAccounts(seen);
    expect(JSON.stringify(seen.lines)).not.toContain('secret');
    const onManagement = await observe(request, managementPort);
    expect(statusesOf(onManagement.answers)).toEqual([400]);
    expect(onManagement.lines).toHaveLength(1);
  });

  test.each([
    ['http://example.com/health/live', 200],
    ['HTTP://EXAMPLE.com:80/health/live?x=1', 200],
    ['https://[::1]:8443/health/live', 200],
    ['http://example.com', 404],
    ['http://example.com?x', 404],
    ['//', 404],
    ['//health/live', 404],
    ['/{}|^"<>', 404],
  ])('that is a URL or a path is looked for: %s: %i', async (target, status) => {
    const seen = await observe(head(`GET ${target} HTTP/1.1`, 'Connection: close'));
    expect(statusesOf(seen.answers)).toEqual([status]);
    expectAccounts(seen);
  });

  test('of the server as a whole is answered with what it offers', async () => {
    const seen = await observe(head('OPTIONS * HTTP/1.1', 'Connection: close'));
    expect(statusesOf(seen.answers)).toEqual([204]);
    expect(seen.answers[0]?.headers['allow']).toMatch(/GET.*OPTIONS/);
    expectAccounts(seen);
  });

  test('whose host is a name is refused where only addresses are asked, whatever Host says', async () => {
    const request =
      'GET http://evil.example/debug/log-level HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
    expect(statusesOf((await observe(request, managementPort)).answers)).toEqual([403]);
  });
});

describe('what follows a whole request', () => {
  test.each([
    ['garbage', '\0\0\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nbroken\r\n\r\n', 400],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['a header that is too large', head('GET / HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`), 431],
    ['half a header', 'GET / HT', 408],
    ['two lengths', head('POST /v1/todos HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2'), 400],
  ])('gets an answer of its own when it is %s, after that to the request', async (_name, after, status) => {
    const title = newTitle();
    const seen = await observe(post(title) + after);
    expect(statusesOf(seen.answers)).toEqual([201, status]);
    expectAccounts(seen);
    expect(seen.answers[1]?.headers['connection']).toBe('close');
    expect(await exists(title)).toBe(1);
  });

  test('gets it after the answers to all pipelined requests, which are carried out in their order', async () => {
    const [first, second] = [newTitle(), newTitle()];
    const seen = await observe(`${post(first)}${live}${post(second)}${live}\0`);
    expect(statusesOf(seen.answers)).toEqual([201, 200, 201, 200, 400]);
    expectAccounts(seen);
    const { rows } = await api.knex.raw('select title from todos where title in (?, ?) order by id', [
      first,
      second,
    ]);
    expect(rows).toEqual([{ title: first }, { title: second }]);
  });

  test.each([
    ['a request', () => post('never')],
    ['garbage', () => '\0\0\0'],
  ])('is nothing to anybody when the request was to be the last: %s', async (_name, after) => {
    const title = newTitle();
    const seen = await observe(post(title, 'Connection: close') + after());
    expect(statusesOf(seen.answers)).toEqual([201]);
    expectAccounts(seen);
    expect([await exists(title), await exists('never')]).toEqual([1, 0]);
  });

  test('is not carried out when the answer before ends the connection', async () => {
    const tooLong = head(
      'POST /v1/todos HTTP/1.1',
      `Authorization: Bearer ${user.token}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    );
    const seen = await observe(`${tooLong}900\r\n${'x'.repeat(0x900)}\r\n0\r\n\r\n${post('unanswered')}`);
    expect(statusesOf(seen.answers)).toEqual([413]);
    expectAccounts(seen);
    expect(await exists('unanswered')).toBe(0);
  });

  test('is not carried out when the connection has had its requests, of which the last says so', async () => {
    const made = Array.from({ length: maxRequests + 4 }, newTitle);
    const seen = await observe(made.map((title) => post(title)).join(''));
    expect(statusesOf(seen.answers)).toEqual(Array(maxRequests).fill(201));
    expect(seen.answers.map(({ headers }) => headers['connection'])).toEqual([
      ...Array(maxRequests - 1).fill('keep-alive'),
      'close',
    ]);
    expectAccounts(seen);
    expect(await Promise.all(made.map(exists))).toEqual([...Array(maxRequests).fill(1), ...Array(4).fill(0)]);
  });
});

describe('an error in the body of a request', () => {
  const chunked = (token: string, path = '/v1/todos', method = 'POST') =>
    head(
      `${method} ${path} HTTP/1.1`,
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'X-Request-Id: of-the-body',
    );
  test.each([
    ['a chunk without a length', 'zz\r\n', 400],
    ['a chunk longer than it says', '1\r\n{{\r\n', 400],
    ['an endless chunk extension', `1;${'x'.repeat(20_000)}`, 413],
    ['a body that does not arrive', '5\r\n{', 408],
  ])('answers that request, once, as any other: %s', async (_name, body, status) => {
    const seen = await observe(chunked(user.token) + body);
    expect(statusesOf(seen.answers)).toEqual([status]);
    expectAccounts(seen);
    expect(seen.answers[0]?.headers).toMatchObject({
      'x-request-id': 'of-the-body',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
  });

  test('waits for the answers before it', async () => {
    const title = newTitle();
    const seen = await observe(`${post(title)}${chunked(user.token)}zz\r\n`);
    expect(statusesOf(seen.answers)).toEqual([201, 400]);
    expectAccounts(seen);
  });

  test('takes nothing from one that was carried out without its body', async () => {
    const { body: todo } = await api.send<{ id: string }>('POST', '/v1/todos', {
      token: user.token,
      json: { title: newTitle() },
    });
    const seen = await observe(`${chunked(user.token, `/v1/todos/${todo.id}`, 'DELETE')}zz\r\n`);
    expect(statusesOf(seen.answers)).toEqual([204]);
    expectAccounts(seen);
    expect((await api.send('GET', `/v1/todos/${todo.id}`, { token: user.token })).status).toBe(404);
  });
});

describe('what Node.js would answer by itself', () => {
  test.each([
    [
      'an unknown expectation',
      () => head('GET /health/live HTTP/1.1', 'Expect: the-unexpected', 'Connection: close'),
      [417],
    ],
    ['a tunnel', () => 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\nSSH-2.0-x\r\n', [405]],
    [
      'a tunnel behind a request',
      () => `${post(newTitle())}CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n`,
      [201, 405],
    ],
    [
      'an upgrade to WebSocket',
      () =>
        head(
          'GET /health/live HTTP/1.1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Key: x',
        ) + last,
      [200],
    ],
    [
      'an upgrade to HTTP/2',
      () =>
        head(
          'GET /health/live HTTP/1.1',
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQAAP__',
        ) + last,
      [200],
    ],
    [
      'an upgrade of a request with a body',
      () => post(newTitle(), 'Connection: Upgrade', 'Upgrade: websocket') + last,
      [201],
    ],
    ['no host', () => 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', [400]],
    ['a silent connection', () => 'GET', [408]],
    ['HTTP/2.0 in a request line', () => head('GET /health/live HTTP/2.0', 'Connection: close'), [400]],
    ['HTTP/0.9 in a request line', () => 'GET /health/live HTTP/0.9\r\nHost: x\r\n\r\n', [400]],
    ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ])(
    'is a problem document or an ordinary answer, counted and logged once: %s',
    async (_name, bytes, statuses) => {
      const seen = await observe(bytes());
      expect(statusesOf(seen.answers)).toEqual(statuses);
      expectAccounts(seen);
    },
  );

  test.each([
    ['is awaited', (size: number) => size, [100, 201]],
    ['would be refused', () => 4096, [413]],
  ])('a body is asked for with 100 Continue when it %s', async (_name, length, statuses) => {
    const body = JSON.stringify({ title: newTitle() });
    const request = head(
      'POST /v1/todos HTTP/1.1',
      `Authorization: Bearer ${user.token}`,
      'Content-Type: application/json',
      `Content-Length: ${length(body.length)}`,
      'Expect: 100-Continue',
      'Connection: close',
    );
    const answers = answersIn(await exchangeRaw(api.port, request + (statuses[0] === 100 ? body : '')));
    expect(statusesOf(answers)).toEqual(statuses);
  });

  test('is decided on for each event that its server has', () => {
    const print = `const {_http_server: http, net} = process.binding('natives');
      const names = (source, pattern) => [...source.matchAll(pattern)].map(([, name]) => name);
      const emitted = /\\b(?:server|self|this\\.server|this)\\.emit\\(\\s*'(\\w+)'/g;
      console.log(JSON.stringify([...names(http, emitted), ...names(http, /eventName = .*'(\\w+)' : '\\w+'/g),
        ...names(http, /eventName = .*'\\w+' : '(\\w+)'/g), ...names(http, /\\.on\\('(\\w+)', (?:connectionListener|setupConnectionsTracking|requestListener)/g),
        ...names(net.slice(net.indexOf('function Server(')), emitted)]))`;
    const events = new Set<string>(
      JSON.parse(execFileSync(process.execPath, ['--no-deprecation', '-e', print], { encoding: 'utf8' })),
    );
    // Not of the server: of a request or response that waits, and of a socket's end.
    for (const other of ['socket', 'aborted']) events.delete(other);
    expect([...events]).toEqual(
      expect.arrayContaining(['clientError', 'connect', 'upgrade', 'checkContinue', 'drop']),
    );
    const decided = new Set([
      ...Object.keys(leftToNode),
      ...Object.keys(
        listenersOf({
          limits: api.config,
          log: api.telemetry.log,
          refused: () => {},
          isDraining: () => false,
          handle: async () => {},
        }),
      ),
    ]);
    expect([...events].filter((event) => !decided.has(event))).toEqual([]);
  });

  test('a connection over the limit is told so', async () => {
    await using narrow = await startApi({ MAX_CONNECTIONS: '30', KEEP_ALIVE_TIMEOUT_MS: '20000' });
    const counted = async () =>
      (await narrow.samples()).get('http_requests_total{method="other",route="unmatched",status="503"}') ?? 0;
    const before = await counted();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => exchangeRaw(narrow.port, last.repeat(1))),
    );
    const refused = answers.flatMap((text) => answersIn(text)).filter(({ status }) => status === 503);
    expect(answers.flatMap((text) => answersIn(text))).toHaveLength(40);
    for (const { body } of refused)
      expect(JSON.parse(body)).toMatchObject({ type: '/problems/too-many-connections' });
    expect((await counted()) - before).toBe(refused.length);
  });
});

test('none of it was an error of ours', () => {
  expect(api.logLines().filter((line) => line['log.level'] === 'error')).toEqual([]);
});

test('a connection serves as many requests as come when MAX_REQUESTS_PER_CONNECTION is 0', async () => {
  const unlimited = await startApi({ MAX_REQUESTS_PER_CONNECTION: '0' });
  try {
    const answers = answersIn(await exchangeRaw(unlimited.port, live.repeat(20) + last));
    expect(statusesOf(answers)).toEqual(Array<number>(21).fill(200));
  } finally {
    await unlimited.stop();
  }
});

test('a hundred connections over MAX_CONNECTIONS are answered, and what is beyond is reset and logged', async () => {
  const crowded = await startApi({ MAX_CONNECTIONS: '1' });
  // Clients that don't hang up when they are refused.
  const sockets = Array.from({ length: 150 }, () =>
    connect({ port: crowded.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {}),
  );
  try {
    await eventually(() => crowded.logLines().some((line) => line['event.action'] === 'connection-dropped'));
    expect(crowded.logLines()).toContainEqual(
      expect.objectContaining({ 'event.action': 'request-malformed', 'http.response.status_code': 503 }),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    await crowded.stop();
  }
});
