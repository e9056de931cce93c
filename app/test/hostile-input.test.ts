import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isFailure } from '@sightline/testkit/emitted.ts';
import { type RequestOptions, startApi, type TestApi, type TestUser } from './support/api.ts';

/** One hostile request and the problem it has to get; `wrong` is the pointer of the error it names. */
interface Hostile {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly options: RequestOptions;
  readonly status: number;
  readonly type: string;
  readonly wrong?: string;
}

const invalid = (name: string, json: unknown, wrong: string): Hostile => ({
  name,
  options: { json },
  status: 422,
  type: 'validation-failed',
  wrong,
});
const malformed = (name: string, raw: string | Buffer): Hostile => ({
  name,
  options: { raw },
  status: 400,
  type: 'malformed-request',
});
const mediaType = (
  name: string,
  headers: Record<string, string>,
  raw: string | Buffer = '{"title":"x"}',
): Hostile => ({
  name,
  options: { raw, headers },
  status: 415,
  type: 'unsupported-media-type',
});
const elsewhere = (method: string, path: string, status: number, type: string, wrong?: string): Hostile => ({
  name: `${method} ${path}`,
  method,
  path,
  options: {},
  status,
  type,
  ...(wrong && { wrong }),
});

const bodyLimit = 2048;
const id = '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01';

/** Sent to POST /v1/todos by a user with a valid token, unless it says otherwise. */
const corpus: readonly Hostile[] = [
  malformed('no body', ''),
  malformed('half a body', '{"title":'),
  malformed('a body that is no JSON', 'title=x'),
  malformed('JSON with a trailing comma', '{"title":"x",}'),
  malformed('two documents', '{"title":"x"}{}'),
  malformed('a byte order mark between', '{\uFEFF"title":"x"}'),
  malformed('a raw control character in a string', '{"title":"a\u0001b"}'),
  malformed('bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
  malformed(
    'an overlong UTF-8 NUL',
    Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xc0, 0x80]), Buffer.from('"}')]),
  ),
  malformed('brackets nested beyond sense', '['.repeat(2000)),

  invalid('null', null, '#'),
  invalid('an array', [], '#'),
  invalid('a string', 'title', '#'),
  invalid('a number', 1, '#'),
  invalid('no title', {}, '#/title'),
  invalid('an empty title', { title: '' }, '#/title'),
  invalid('a title too long', { title: 'x'.repeat(201) }, '#/title'),
  invalid('a number for a title', { title: 1 }, '#/title'),
  invalid('null for a title', { title: null }, '#/title'),
  invalid('an object for a title', { title: { $ne: null } }, '#/title'),
  invalid('NUL in a title', { title: 'a\0b' }, '#/title'),
  invalid('a lone high surrogate', { title: '\ud800' }, '#/title'),
  invalid('a lone low surrogate', { title: 'a\udc00b' }, '#/title'),
  ...[
    '   ',
    '\u200b',
    '\u200d\ufe0f',
    '\u3164',
    'a\nb',
    'a\u202eb',
    'a\u2066b',
    'a\u2028b',
    'a\u001bb',
    'a\u0085b',
  ].flatMap((wrong) => [
    invalid(`the title ${JSON.stringify(wrong)}`, { title: wrong }, '#/title'),
    invalid(`the label ${JSON.stringify(wrong)}`, { title: 'x', labels: [wrong] }, '#/labels/0'),
  ]),
  invalid('an escape in a description', { title: 'x', description: 'a\u001b[31m' }, '#/description'),
  invalid('a leap second', { title: 'x', due_at: '2016-12-31T23:59:60Z' }, '#/due_at'),
  invalid('NUL in a description', { title: 'x', description: '\0' }, '#/description'),
  invalid('a number for a description', { title: 'x', description: 1 }, '#/description'),
  invalid('an unknown status', { title: 'x', status: 'closed' }, '#/status'),
  invalid('a status in upper case', { title: 'x', status: 'OPEN' }, '#/status'),
  invalid('a number for a priority', { title: 'x', priority: 3 }, '#/priority'),
  invalid('a string for labels', { title: 'x', labels: 'a' }, '#/labels'),
  invalid('a number as a label', { title: 'x', labels: ['a', 1] }, '#/labels/1'),
  invalid('an empty label', { title: 'x', labels: [''] }, '#/labels/0'),
  invalid('a lone surrogate in a label', { title: 'x', labels: ['\udfff'] }, '#/labels/0'),
  invalid('a repeated label', { title: 'x', labels: ['a', 'a'] }, '#/labels'),
  invalid(
    'too many labels',
    { title: 'x', labels: Array.from({ length: 21 }, (_, n) => `${n}`) },
    '#/labels',
  ),
  invalid('a date without a time', { title: 'x', due_at: '2026-01-01' }, '#/due_at'),
  invalid('a time without an offset', { title: 'x', due_at: '2026-01-01T00:00:00' }, '#/due_at'),
  invalid('a day that is not', { title: 'x', due_at: '2026-02-30T00:00:00Z' }, '#/due_at'),
  invalid('an hour that is not', { title: 'x', due_at: '2026-01-01T24:00:00Z' }, '#/due_at'),
  invalid('the year 0', { title: 'x', due_at: '0000-01-01T00:00:00Z' }, '#/due_at'),
  invalid('the year 10000', { title: 'x', due_at: '10000-01-01T00:00:00Z' }, '#/due_at'),
  invalid('a Unix time', { title: 'x', due_at: 1_700_000_000 }, '#/due_at'),
  invalid('an offset of no place', { title: 'x', due_at: '2026-01-01T00:00:00+16:00' }, '#/due_at'),
  invalid('infinity', { title: 'x', due_at: 'infinity' }, '#/due_at'),
  invalid('an unknown member', { title: 'x', colour: 'red' }, '#/colour'),
  invalid('an unknown member with a slash', { title: 'x', 'a/b~c': 1 }, '#/a~1b~0c'),
  invalid('an id of the client’s', { title: 'x', id }, '#/id'),
  invalid('an owner of the client’s', { title: 'x', owner_id: id }, '#/owner_id'),
  invalid('a version of the client’s', { title: 'x', version: 9 }, '#/version'),
  {
    ...invalid('a prototype', {}, '#/__proto__'),
    options: { raw: '{"title":"x","__proto__":{"status":"done"}}' },
  },
  {
    ...invalid('a constructor', {}, '#/constructor'),
    options: { raw: '{"title":"x","constructor":{"prototype":{}}}' },
  },

  ...(
    [
      ['no items', { items: [] }, '#/items'],
      ['a bare list', [{ title: 'x' }], '#'],
      ['too many items', { items: Array(101).fill({ title: 'x' }) }, '#/items'],
      ['one wrong item', { items: [{ title: 'x' }, { title: '\0' }] }, '#/items/1/title'],
      ['something beside the items', { items: [{ title: 'x' }], atomic: false }, '#/atomic'],
    ] as const
  ).map(
    ([name, json, wrong]): Hostile => ({
      ...invalid(`a batch with ${name}`, json, wrong),
      path: '/v1/todos/batch',
    }),
  ),
  ...['', 'k'.repeat(256), 'a\tb', 'clé'].map(
    (key): Hostile => ({
      name: `the idempotency key ${JSON.stringify(key)}`,
      options: { json: { title: 'x' }, headers: { 'Idempotency-Key': key } },
      status: 400,
      type: 'malformed-request',
      wrong: 'Idempotency-Key',
    }),
  ),
  {
    ...invalid('an idempotency key on a wrong todo', { title: '' }, '#/title'),
    options: { json: { title: '' }, headers: { 'Idempotency-Key': 'k' } },
  },

  {
    name: 'a body over the limit',
    options: { json: { title: 'x', description: 'y'.repeat(bodyLimit) } },
    status: 413,
    type: 'body-too-large',
  },
  mediaType('a form', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'title=x'),
  mediaType('plain text', { 'Content-Type': 'text/plain' }),
  mediaType('a JSON-like type', { 'Content-Type': 'application/jsonp' }),
  mediaType('a merge-patch to create', { 'Content-Type': 'application/merge-patch+json' }),
  mediaType('another charset', { 'Content-Type': 'application/json; charset=utf-16' }),
  mediaType('a broken type', { 'Content-Type': ';' }),
  mediaType('a compressed body', { 'Content-Encoding': 'gzip' }, gzipSync('{"title":"x"}')),

  elsewhere('GET', '/', 404, 'not-found'),
  elsewhere('GET', '/v1', 404, 'not-found'),
  elsewhere('GET', '/v1/todos/', 404, 'not-found'),
  elsewhere('GET', '/V1/todos', 404, 'not-found'),
  elsewhere('GET', '//v1/todos', 404, 'not-found'),
  elsewhere('GET', '/v1/todos/../../etc/passwd', 404, 'not-found'),
  elsewhere('GET', '/v1/todos/..%2f..%2fetc', 400, 'invalid-parameter', '/id'),
  elsewhere('GET', `/v1/todos/${id}/nothing`, 404, 'not-found'),
  elsewhere('GET', '/v1/todos/1', 400, 'invalid-parameter', '/id'),
  elsewhere('GET', `/v1/todos/${id}0`, 400, 'invalid-parameter', '/id'),
  elsewhere('GET', '/v1/todos/%27%20or%201=1', 400, 'invalid-parameter', '/id'),
  elsewhere('DELETE', '/v1/todos/null', 400, 'invalid-parameter', '/id'),
  elsewhere('GET', '/v1/todos/%zz', 400, 'malformed-request'),
  elsewhere('GET', '/v1/todos/%c0%80', 400, 'malformed-request'),
  elsewhere('GET', '/v1/todos/%00', 400, 'malformed-request'),
  elsewhere('GET', `/v1/todos/${id}`, 404, 'not-found'),
  elsewhere('GET', '/v1/todos?q=%00', 400, 'invalid-parameter', '?q'),
  elsewhere('GET', `/v1/todos?q=${'x'.repeat(201)}`, 400, 'invalid-parameter', '?q'),
  elsewhere('GET', '/v1/todos?q=%ED%A0%80', 400, 'malformed-request'),
  elsewhere('GET', '/v1/todos?label=50%', 400, 'malformed-request'),
  elsewhere('POST', '/v1/todos/1/restore', 400, 'invalid-parameter', '/id'),
  elsewhere('POST', `/v1/todos/${id}/restore`, 404, 'not-found'),
  elsewhere('GET', `/v1/todos/${id}/history`, 404, 'not-found'),
  elsewhere('GET', `/v1/todos/${id}/history?limit=x`, 400, 'invalid-parameter', '?limit'),
  elsewhere('GET', `/v1/todos/${id}/history?cursor=x`, 400, 'invalid-parameter', '?cursor'),

  elsewhere('PUT', '/v1/todos', 405, 'method-not-allowed'),
  elsewhere('DELETE', '/v1/todos', 405, 'method-not-allowed'),
  elsewhere('POST', `/v1/todos/${id}`, 405, 'method-not-allowed'),
  elsewhere('PUT', '/v1/sessions', 405, 'method-not-allowed'),
  elsewhere('PATCH', '/v1/todos/batch', 405, 'method-not-allowed'),
  elsewhere('GET', '/v1/todos/batch', 405, 'method-not-allowed'),
  elsewhere('PROPFIND', '/v1/todos', 405, 'method-not-allowed'),

  ...(
    [
      ['no e-mail address', { email: 'ada' }, '#/email'],
      ['an e-mail address with a newline', { email: 'ada@example.com\r\nBcc: x@example.com' }, '#/email'],
      ['an endless e-mail address', { email: `${'a'.repeat(300)}@example.com` }, '#/email'],
      ['an endless local part', { email: `${'a'.repeat(65)}@example.com` }, '#/email'],
      ['an endless label of a host name', { email: `a@${'b'.repeat(64)}.com` }, '#/email'],
      ['a short password', { password: 'short' }, '#/password'],
      ['an endless password', { password: 'p'.repeat(129) }, '#/password'],
      ['NUL in a password', { password: 'aaaaaaaaaaaaaa\0' }, '#/password'],
      ['no name', { name: '' }, '#/name'],
      ['a role', { role: 'admin' }, '#/role'],
    ] as const
  ).map(
    ([name, change, wrong]): Hostile => ({
      ...invalid(
        `registration with ${name}`,
        { email: 'eve@example.com', password: 'long enough for all', name: 'Eve', ...change },
        wrong,
      ),
      path: '/v1/users',
    }),
  ),
  {
    ...malformed('log-in with broken JSON', '{"email":"a@example.com","password":"hunter2'),
    path: '/v1/sessions',
  },

  ...(
    [
      ['no token', {}, '#/refresh_token'],
      ['an object for a token', { refresh_token: { $gt: '' } }, '#/refresh_token'],
      ['NUL in a token', { refresh_token: 'a\0' }, '#/refresh_token'],
      ['an endless token', { refresh_token: 'x'.repeat(1000) }, '#/refresh_token'],
      ['a user of the client’s', { refresh_token: 'x', user_id: id }, '#/user_id'],
    ] as const
  ).map(
    ([name, json, wrong]): Hostile => ({
      ...invalid(`refresh with ${name}`, json, wrong),
      path: '/v1/sessions/refresh',
    }),
  ),
  {
    name: 'refresh with an unknown token',
    path: '/v1/sessions/refresh',
    options: { json: { refresh_token: 'x'.repeat(43) } },
    status: 401,
    type: 'invalid-refresh-token',
  },
  elsewhere('GET', '/v1/sessions/refresh', 405, 'method-not-allowed'),
  elsewhere('DELETE', `/v1/sessions/${id}`, 404, 'not-found'),
  elsewhere('DELETE', '/v1/users/me', 415, 'unsupported-media-type'),
  elsewhere('DELETE', `/v1/users/${id}`, 404, 'not-found'),
  ...(
    [
      ['no password', {}, '#/password'],
      ['a list for a password', { password: ['x'] }, '#/password'],
      ['a lone surrogate in a password', { password: '\ud800' }, '#/password'],
      ['an e-mail address', { password: 'x', email: 'ada@example.com' }, '#/email'],
    ] as const
  ).map(
    ([name, json, wrong]): Hostile => ({
      ...invalid(`deletion of a user with ${name}`, json, wrong),
      method: 'DELETE',
      path: '/v1/users/me',
    }),
  ),
];

describe('hostile input gets its problem, names what was wrong, and writes nothing', () => {
  let api: TestApi;
  let user: TestUser;
  let before: unknown;
  const written = async () =>
    (
      await api.knex.raw(`
    select (select count(*) from users) as users, (select count(*) from todos) as todos, (select count(*) from todo_events) as events,
      (select count(*) from idempotency_keys) as keys,
      (select count(*) from sessions) as sessions, (select count(*) from refresh_tokens) as refresh_tokens
  `)
    ).rows;

  beforeAll(async () => {
    api = await startApi({ BODY_LIMIT_BYTES: String(bodyLimit) });
    user = await api.newUser();
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    before = await written();
  });

  test.each(corpus)(
    '$name: $status',
    async ({ method = 'POST', path = '/v1/todos', options, status, type, wrong }) => {
      const answer = await api.send(method, path, { token: user.token, ...options });
      expect({ status: answer.status, body: answer.text }).toMatchObject({ status });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      const requestId = answer.headers.get('x-request-id');
      expect(answer.body).toMatchObject({
        type: `/problems/${type}`,
        status,
        title: expect.stringMatching(/\S/),
        detail: expect.stringMatching(/\S/),
        request_id: requestId,
        ...(wrong && {
          errors: expect.arrayContaining([{ pointer: wrong, detail: expect.stringMatching(/\S/) }]),
        }),
      });
      if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST/);
      expect(await written()).toEqual(before);
    },
  );

  /** Sends bytes as they are and reads all that comes back. */
  function exchange(bytes: string): Promise<string> {
    const socket = connect(api.port, '127.0.0.1');
    socket.write(bytes);
    return readAll(socket);
  }

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'a length and chunks',
      'POST /v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a header of 20 kB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('bytes that never become a request get a problem too: %s', async (_name, bytes, status) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      status,
      request_id: expect.any(String),
    });
  });

  test('a body longer than it may be is refused before it has arrived', async () => {
    const answer = await exchange(
      `POST /v1/todos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
  });

  test('a body without a length is cut off at the limit', async () => {
    const chunk = `${(1024).toString(16)}\r\n${'x'.repeat(1024)}\r\n`;
    const answer = await exchange(
      `POST /v1/todos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(4)}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });

  test('what is refused leaves no secret in the log', async () => {
    await api.send('POST', '/v1/sessions', { raw: '{"email":"a@example.com","password":"hunter2' });
    await api.send('POST', '/v1/sessions', {
      json: { email: 'a@example.com', password: 'hunter2', more: 'hunter2' },
    });
    await api.send('GET', '/v1/todos?q=hunter2', { token: 'hunter2' });
    const log = JSON.stringify(api.logLines());
    expect(log).toContain('/v1/sessions');
    expect(log).not.toContain('hunter2');
    expect(log).not.toContain(user.token);
    expect(log).not.toContain(user.password);
  });

  test('none of it was an error of ours', () => {
    expect(api.logLines().filter(isFailure)).toEqual([]);
  });
});
