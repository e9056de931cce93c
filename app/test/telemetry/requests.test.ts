import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { StatementName } from '@sightline/contract/database.ts';
import type { LogEventName } from '@sightline/contract/signals.ts';
import type { Labels } from '@sightline/telemetry/metrics.ts';
import { changes, samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { client, type RequestOptions, startApi, type TestApi, type TestUser } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

/** The world that a request may count on, made anew for each. */
interface World {
  readonly user: TestUser;
  readonly todo: string;
  /** A todo that is deleted. */
  readonly deleted: string;
  /** Another session of the user. */
  readonly elsewhere: string;
}

type Options = Omit<RequestOptions, 'headers'> & { headers?: Record<string, string> };

interface Case {
  /** A sentence about the request. */
  readonly when: string;
  readonly send: (world: World) => [method: string, path: string, options?: Options];
  /** Method, route and status that the metrics are to have. */
  readonly counted: [method: string, route: string, status: number];
  readonly operation?: [
    Labels<'todo_operations_total'>['operation'],
    Labels<'todo_operations_total'>['outcome'],
  ];
  readonly attempt?: [Labels<'auth_attempts_total'>['method'], Labels<'auth_attempts_total'>['outcome']];
  /** How often each statement is sent; 1 where only named. */
  readonly statements?: readonly StatementName[];
  /** The lines before the access line. */
  readonly lines?: readonly LogEventName[];
  /** Fields of those lines or of the access line. */
  readonly fields?: (world: World) => Record<string, unknown>;
  readonly alsoCounted?: Record<string, number>;
}

const unknownId = '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01';
const withToken = ({ user }: World, more: Options = {}): Options => ({ token: user.token, ...more });

const cases: readonly Case[] = [
  // Each endpoint's success.
  ...(['live', 'startup', 'ready'] as const).map(
    (probe): Case => ({
      when: `the probe ${probe} is asked`,
      send: () => ['GET', `/health/${probe}`],
      counted: ['GET', `/health/${probe}`, 200],
    }),
  ),
  {
    when: 'the keys are asked for',
    send: () => ['GET', '/.well-known/jwks.json'],
    counted: ['GET', '/.well-known/jwks.json', 200],
  },
  {
    when: 'the API is described',
    send: () => ['GET', '/openapi.json'],
    counted: ['GET', '/openapi.json', 200],
  },
  { when: 'the description is shown', send: () => ['GET', '/docs'], counted: ['GET', '/docs', 200] },
  {
    when: 'a problem is looked up',
    send: () => ['GET', '/problems/not-found'],
    counted: ['GET', '/problems/:type', 200],
  },
  { when: 'the problems are listed', send: () => ['GET', '/problems/'], counted: ['GET', '/problems/', 200] },
  {
    when: 'a user registers',
    send: () => [
      'POST',
      '/v1/users',
      { json: { email: 'new@example.com', password: 'correct horse battery', name: 'New' } },
    ],
    counted: ['POST', '/v1/users', 201],
    statements: ['users.create'],
    lines: ['user-registered'],
    fields: () => ({ 'event.category': ['iam'], 'event.outcome': 'success', 'user.id': expect.any(String) }),
  },
  {
    when: 'a user logs in',
    send: ({ user: { email, password } }) => ['POST', '/v1/sessions', { json: { email, password } }],
    counted: ['POST', '/v1/sessions', 201],
    attempt: ['password', 'success'],
    statements: ['users.get_by_email', 'transaction', 'users.lock', 'sessions.start', 'transaction'],
    lines: ['logged-in'],
    fields: ({ user }) => ({
      'event.category': ['authentication'],
      'user.id': user.id,
      'labels.session_id': expect.any(String),
    }),
  },
  {
    when: 'a session is refreshed',
    send: ({ user }) => ['POST', '/v1/sessions/refresh', { json: { refresh_token: user.refreshToken } }],
    counted: ['POST', '/v1/sessions/refresh', 200],
    attempt: ['refresh_token', 'success'],
    statements: ['sessions.rotate'],
    lines: ['session-refreshed'],
    fields: ({ user }) => ({ 'event.category': ['session'], 'user.id': user.id }),
  },
  {
    when: 'a user logs out',
    send: (world) => ['DELETE', '/v1/sessions/current', withToken(world)],
    counted: ['DELETE', '/v1/sessions/current', 204],
    statements: ['sessions.revoke'],
    lines: ['logged-out'],
    fields: ({ user }) => ({ 'event.category': ['session'], 'user.id': user.id }),
  },
  {
    when: 'sessions are listed',
    send: (world) => ['GET', '/v1/sessions', withToken(world)],
    counted: ['GET', '/v1/sessions', 200],
    statements: ['sessions.list'],
  },
  {
    when: 'a session is ended',
    send: (world) => ['DELETE', `/v1/sessions/${world.elsewhere}`, withToken(world)],
    counted: ['DELETE', '/v1/sessions/:id', 204],
    statements: ['sessions.end'],
    lines: ['session-ended'],
    fields: ({ user, elsewhere }) => ({
      'event.category': ['session'],
      'event.reason': 'its user ended it',
      'user.id': user.id,
      'labels.session_id': elsewhere,
    }),
  },
  {
    when: 'all other sessions are ended',
    send: (world) => ['DELETE', '/v1/sessions/others', withToken(world)],
    counted: ['DELETE', '/v1/sessions/others', 204],
    statements: ['sessions.end_others'],
    lines: ['session-ended'],
    fields: ({ user, elsewhere }) => ({ 'user.id': user.id, 'labels.session_id': elsewhere }),
  },
  {
    when: 'a password is changed',
    send: (world) => [
      'PUT',
      '/v1/users/me/password',
      withToken(world, {
        json: { current_password: world.user.password, new_password: 'a staple for the next battery' },
      }),
    ],
    counted: ['PUT', '/v1/users/me/password', 204],
    statements: [
      ...['users.get', 'transaction', 'users.lock', 'users.set_password_hash'],
      ...['sessions.end_others', 'transaction'],
    ] as StatementName[],
    lines: ['password-changed', 'session-ended'],
    fields: ({ user, elsewhere }) => ({
      'event.category': ['iam'],
      'user.id': user.id,
      'labels.session_id': elsewhere,
      'event.reason': 'its user changed the password',
    }),
  },
  {
    when: 'a password is to be changed by a wrong one',
    send: (world) => [
      'PUT',
      '/v1/users/me/password',
      withToken(world, {
        json: { current_password: 'not the password', new_password: 'a staple for the next battery' },
      }),
    ],
    counted: ['PUT', '/v1/users/me/password', 401],
    statements: ['users.get'],
    lines: ['password-not-confirmed'],
    fields: ({ user }) => ({ 'event.category': ['authentication'], 'user.id': user.id }),
  },
  {
    when: 'a user looks at themself',
    send: (world) => ['GET', '/v1/users/me', withToken(world)],
    counted: ['GET', '/v1/users/me', 200],
    statements: ['users.get'],
    fields: ({ user }) => ({ 'user.id': user.id, 'url.path': '/v1/users/me' }),
  },
  {
    when: 'a user is erased',
    send: (world) => [
      'DELETE',
      '/v1/users/me',
      withToken(world, { json: { password: world.user.password } }),
    ],
    counted: ['DELETE', '/v1/users/me', 204],
    statements: ['users.get', 'transaction', 'users.erase', 'users.erase', 'users.erase', 'transaction'],
    lines: ['user-erased'],
    fields: ({ user }) => ({ 'event.category': ['iam'], 'user.id': user.id }),
  },
  {
    when: 'todos are listed',
    send: (world) => ['GET', '/v1/todos?status=open&limit=5', withToken(world)],
    counted: ['GET', '/v1/todos', 200],
    operation: ['list', 'success'],
    statements: ['todos.list'],
    fields: () => ({ 'labels.query_names': ['status', 'limit'], 'labels.route': '/v1/todos' }),
  },
  {
    when: 'a todo is created',
    send: (world) => ['POST', '/v1/todos', withToken(world, { json: { title: 'A' } })],
    counted: ['POST', '/v1/todos', 201],
    operation: ['create', 'success'],
    statements: ['todos.create'],
    lines: ['todo-created'],
    fields: ({ user }) => ({
      'event.category': ['database'],
      'labels.todo_id': expect.any(String),
      'user.id': user.id,
    }),
  },
  {
    when: 'a todo is created once for a key',
    send: (world) => [
      'POST',
      '/v1/todos',
      withToken(world, { json: { title: 'A' }, headers: { 'Idempotency-Key': 'k' } }),
    ],
    counted: ['POST', '/v1/todos', 201],
    operation: ['create', 'success'],
    statements: ['transaction', 'idempotency.claim', 'todos.create', 'idempotency.keep', 'transaction'],
    lines: ['todo-created'],
  },
  {
    when: 'several todos are created at once',
    send: (world) => [
      'POST',
      '/v1/todos/batch',
      withToken(world, { json: { items: [{ title: 'A' }, { title: 'B' }] } }),
    ],
    counted: ['POST', '/v1/todos/batch', 201],
    operation: ['create_batch', 'success'],
    statements: ['todos.create_all'],
    lines: ['todos-created'],
    fields: () => ({ 'labels.todo_count': 2 }),
  },
  {
    when: 'a todo is read',
    send: (world) => ['GET', `/v1/todos/${world.todo}`, withToken(world)],
    counted: ['GET', '/v1/todos/:id', 200],
    operation: ['get', 'success'],
    statements: ['todos.get'],
    fields: ({ todo }) => ({ 'url.path': `/v1/todos/${todo}`, 'labels.route': '/v1/todos/:id' }),
  },
  {
    when: 'a todo is asked for by HEAD, which its GET answers',
    send: (world) => ['HEAD', `/v1/todos/${world.todo}`, withToken(world)],
    counted: ['GET', '/v1/todos/:id', 200],
    operation: ['get', 'success'],
    statements: ['todos.get'],
    fields: () => ({ 'http.request.method': 'HEAD' }),
  },
  {
    when: 'a todo is read that the client has',
    send: (world) => [
      'GET',
      `/v1/todos/${world.todo}`,
      withToken(world, { headers: { 'If-None-Match': '"1"' } }),
    ],
    counted: ['GET', '/v1/todos/:id', 304],
    operation: ['get', 'success'],
    statements: ['todos.get'],
  },
  {
    when: 'a todo is changed',
    send: (world) => ['PATCH', `/v1/todos/${world.todo}`, withToken(world, { json: { status: 'done' } })],
    counted: ['PATCH', '/v1/todos/:id', 200],
    operation: ['update', 'success'],
    statements: ['todos.update'],
    lines: ['todo-updated'],
    fields: ({ todo }) => ({ 'labels.todo_id': todo, 'labels.changed_fields': ['status'] }),
  },
  {
    when: 'a todo gets the value that it has, so nothing happens that belongs into the audit trail',
    send: (world) => ['PATCH', `/v1/todos/${world.todo}`, withToken(world, { json: { status: 'open' } })],
    counted: ['PATCH', '/v1/todos/:id', 200],
    operation: ['update', 'success'],
    statements: ['todos.update'],
  },
  {
    when: 'a todo is deleted',
    send: (world) => ['DELETE', `/v1/todos/${world.todo}`, withToken(world)],
    counted: ['DELETE', '/v1/todos/:id', 204],
    operation: ['delete', 'success'],
    statements: ['todos.delete'],
    lines: ['todo-deleted'],
    fields: ({ todo }) => ({ 'labels.todo_id': todo }),
  },
  {
    when: 'a todo is restored',
    send: (world) => ['POST', `/v1/todos/${world.deleted}/restore`, withToken(world)],
    counted: ['POST', '/v1/todos/:id/restore', 200],
    operation: ['restore', 'success'],
    statements: ['todos.restore'],
    lines: ['todo-restored'],
    fields: ({ deleted }) => ({ 'labels.todo_id': deleted }),
  },
  {
    when: 'the history of a todo is read',
    send: (world) => ['GET', `/v1/todos/${world.todo}/history`, withToken(world)],
    counted: ['GET', '/v1/todos/:id/history', 200],
    operation: ['history', 'success'],
    statements: ['todos.history'],
  },

  // Each class of error.
  {
    when: 'no token is sent',
    send: () => ['GET', '/v1/todos'],
    counted: ['GET', '/v1/todos', 401],
    fields: () => ({ 'event.outcome': 'failure' }),
  },
  {
    when: 'the token is wrong',
    send: () => ['GET', '/v1/todos', { token: 'wrong' }],
    counted: ['GET', '/v1/todos', 401],
  },
  {
    when: 'the password is wrong',
    send: ({ user: { email } }) => [
      'POST',
      '/v1/sessions',
      { json: { email, password: 'not the password' } },
    ],
    counted: ['POST', '/v1/sessions', 401],
    attempt: ['password', 'failure'],
    statements: ['users.get_by_email'],
    lines: ['log-in-failed'],
    fields: ({ user }) => ({
      'event.reason': 'not the password',
      'user.id': user.id,
      'client.ip': '127.0.0.0',
    }),
  },
  {
    when: 'nobody has the e-mail address',
    send: () => ['POST', '/v1/sessions', { json: { email: 'nobody@example.com', password: 'any password' } }],
    counted: ['POST', '/v1/sessions', 401],
    attempt: ['password', 'failure'],
    statements: ['users.get_by_email'],
    lines: ['log-in-failed'],
    fields: () => ({ 'event.reason': 'no user has this e-mail address' }),
  },
  {
    when: 'the refresh token is unknown',
    send: () => ['POST', '/v1/sessions/refresh', { json: { refresh_token: 'x'.repeat(43) } }],
    counted: ['POST', '/v1/sessions/refresh', 401],
    attempt: ['refresh_token', 'failure'],
    statements: ['sessions.rotate'],
    lines: ['refresh-failed'],
  },
  {
    when: 'the e-mail address is taken',
    send: ({ user: { email } }) => [
      'POST',
      '/v1/users',
      { json: { email, password: 'correct horse battery', name: 'N' } },
    ],
    counted: ['POST', '/v1/users', 409],
    statements: ['users.create'],
  },
  {
    when: 'no route has the path',
    send: () => ['GET', '/wp-login.php'],
    counted: ['GET', 'unmatched', 404],
    fields: () => ({ 'url.path': '/*', 'labels.route': undefined }),
  },
  {
    when: 'the path can not be decoded',
    send: () => ['GET', '/v1/todos/%E0%A4%A'],
    counted: ['GET', 'unmatched', 400],
    fields: () => ({ 'url.path': '/v1/todos/*' }),
  },
  {
    when: 'the method is not offered',
    send: () => ['PUT', '/v1/todos'],
    counted: ['PUT', 'unmatched', 405],
  },
  {
    when: 'the method is one that nobody knows',
    send: () => ['PROPFIND', '/v1/todos'],
    counted: ['other', 'unmatched', 405],
    fields: () => ({ 'http.request.method': 'PROPFIND' }),
  },
  {
    when: 'the todo is not there',
    send: (world) => ['GET', `/v1/todos/${unknownId}`, withToken(world)],
    counted: ['GET', '/v1/todos/:id', 404],
    operation: ['get', 'refused'],
    statements: ['todos.get'],
  },
  {
    when: 'the id is none',
    send: (world) => ['GET', '/v1/todos/7', withToken(world)],
    counted: ['GET', '/v1/todos/:id', 400],
    fields: () => ({ 'url.path': '/v1/todos/*' }),
  },
  {
    when: 'a query parameter is wrong',
    send: (world) => ['GET', '/v1/todos?limit=0&colour=red', withToken(world)],
    counted: ['GET', '/v1/todos', 400],
    fields: () => ({ 'labels.query_names': ['limit', '*'] }),
  },
  {
    when: 'the body is no JSON',
    send: (world) => ['POST', '/v1/todos', withToken(world, { raw: '{' })],
    counted: ['POST', '/v1/todos', 400],
  },
  {
    when: 'the body has another type',
    send: (world) => [
      'POST',
      '/v1/todos',
      withToken(world, { raw: 'a=b', headers: { 'Content-Type': 'text/plain' } }),
    ],
    counted: ['POST', '/v1/todos', 415],
  },
  {
    when: 'the body is too large',
    send: (world) => ['POST', '/v1/todos', withToken(world, { raw: `"${'x'.repeat(5000)}"` })],
    counted: ['POST', '/v1/todos', 413],
  },
  {
    when: 'the body fits no schema',
    send: (world) => ['POST', '/v1/todos', withToken(world, { json: { title: '' } })],
    counted: ['POST', '/v1/todos', 422],
  },
  {
    when: 'the todo has another version',
    send: (world) => [
      'PATCH',
      `/v1/todos/${world.todo}`,
      withToken(world, { json: { title: 'B' }, headers: { 'If-Match': '"9"' } }),
    ],
    counted: ['PATCH', '/v1/todos/:id', 412],
    operation: ['update', 'refused'],
    statements: ['todos.update'],
  },
  {
    when: 'what is to be restored was not deleted',
    send: (world) => ['POST', `/v1/todos/${world.todo}/restore`, withToken(world)],
    counted: ['POST', '/v1/todos/:id/restore', 409],
    operation: ['restore', 'refused'],
    statements: ['todos.restore'],
  },
];

/** A series as a scrape writes it. */
const series = (name: string, labels: Record<string, string | number>) =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;

const counters =
  /^(http_requests_total|http_request_duration_seconds_count|todo_operations_total|auth_attempts_total|rate_limit_rejections_total|idempotent_replays_total|log_events_total|db_query_duration_seconds_count|db_errors_total|password_queue_rejections_total)\b(?!.*health\.probe)/;

/** Everything that a request of this case counts, and nothing else. */
function expectedChanges({ counted: [method, route, status], ...rest }: Case): Record<string, number> {
  const expected: Record<string, number> = { ...rest.alsoCounted };
  const add = (key: string) => {
    expected[key] = (expected[key] ?? 0) + 1;
  };
  add(series('http_requests_total', { method, route, status }));
  add(
    series('http_request_duration_seconds_count', {
      method,
      // Routes of no SLO are timed as one.
      route: /^\/(v1|[.]well-known)\//.test(route) ? route : 'other',
      status_class: `${Math.floor(status / 100)}xx`,
    }),
  );
  if (rest.operation)
    add(series('todo_operations_total', { operation: rest.operation[0], outcome: rest.operation[1] }));
  if (rest.attempt) add(series('auth_attempts_total', { method: rest.attempt[0], outcome: rest.attempt[1] }));
  for (const operation of rest.statements ?? [])
    add(series('db_query_duration_seconds_count', { operation }));
  return expected;
}

const withoutLogs = (changed: Record<string, number>) =>
  Object.fromEntries(Object.entries(changed).filter(([key]) => !key.startsWith('log_events_total')));
const linesCounted = (changed: Record<string, number>) =>
  Object.entries(changed).flatMap(([key, count]) => (key.startsWith('log_events_total') ? [count] : []));

describe('a request is counted once, in the series that are its own, and leaves its lines', () => {
  let api: TestApi;
  let world: World;
  beforeAll(async () => {
    api = await startApi({ BODY_LIMIT_BYTES: '4096' });
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    const user = await api.newUser();
    const create = async () => {
      const { body } = await api.send<{ id: string }>('POST', '/v1/todos', {
        token: user.token,
        json: { title: 'T' },
      });
      return body.id;
    };
    const [todo, deleted] = [await create(), await create()];
    await api.send('DELETE', `/v1/todos/${deleted}`, { token: user.token });
    const { email, password } = user;
    await api.send('POST', '/v1/sessions', { json: { email, password } });
    const { id: elsewhere } = await api
      .knex('sessions')
      .where({ user_id: user.id })
      .orderBy('id', 'desc')
      .first('id');
    world = { user, todo, deleted, elsewhere };
  });

  const linesOf = (id: string) => api.logLines().filter((line) => line['http.request.id'] === id);

  /** Sends a request and waits for its last line. */
  async function changesOf(id: string, request: () => Promise<unknown>): Promise<Record<string, number>> {
    await eventually(async () => (await api.samples()).get('http_requests_in_flight') === 0);
    const before = await api.samples();
    await request();
    await eventually(() => linesOf(id).some((line) => line['event.action'] === 'request'));
    return changes(before, await api.samples(), counters);
  }

  test.each(cases.map((each) => [each.when, each] as const))('when %s', async (when, each) => {
    const id = when.replaceAll(/[^a-zA-Z]/g, '-');
    const [method, path, options = {}] = each.send(world);
    const changed = await changesOf(id, () =>
      api.send(method, path, { ...options, headers: { ...options.headers, 'X-Request-Id': id } }),
    );
    expect(withoutLogs(changed)).toEqual(expectedChanges(each));
    const lines = linesOf(id);
    expect(lines.map((line) => line['event.action'])).toEqual([...(each.lines ?? []), 'request']);
    expect(linesCounted(changed).reduce((sum, count) => sum + count, 0)).toBe(lines.length);
    const access = lines.at(-1) ?? {};
    expect(access).toMatchObject({
      'http.response.status_code': each.counted[2],
      'event.duration': expect.any(Number),
      'client.ip': '127.0.0.0',
    });
    expect(new Set(lines.map((line) => line['trace.id'])).size).toBe(1);
    const said = Object.assign({}, ...lines.toReversed());
    const { 'labels.route': _route, ...fields } = each.fields?.(world) ?? {};
    expect({
      ...said,
      ...Object.fromEntries(Object.keys(fields).map((name) => [name, said[name]])),
    }).toMatchObject(fields);
    expect(access['labels.route']).toBe(each.counted[1] === 'unmatched' ? undefined : each.counted[1]);
  });

  test('when it repeats one with its key', async () => {
    const send = (id: string) =>
      api.send('POST', '/v1/todos', {
        token: world.user.token,
        json: { title: 'once' },
        headers: { 'Idempotency-Key': 'once', 'X-Request-Id': id },
      });
    await send('first');
    const changed = await changesOf('replay', () => send('replay'));
    expect(withoutLogs(changed)).toEqual({
      'http_requests_total{method="POST",route="/v1/todos",status="201"}': 1,
      'http_request_duration_seconds_count{method="POST",route="/v1/todos",status_class="2xx"}': 1,
      idempotent_replays_total: 1,
      'db_query_duration_seconds_count{operation="transaction"}': 2,
      'db_query_duration_seconds_count{operation="idempotency.claim"}': 2,
    });
    // What was done is in the audit trail once.
    expect(linesOf('replay').map((line) => line['event.action'])).toEqual(['request']);
  });

  test('when a refresh token comes twice', async () => {
    const refresh = (id: string) =>
      api.send('POST', '/v1/sessions/refresh', {
        json: { refresh_token: world.user.refreshToken },
        headers: { 'X-Request-Id': id },
      });
    await refresh('honest');
    const changed = await changesOf('thief', () => refresh('thief'));
    expect(withoutLogs(changed)).toMatchObject({
      'auth_attempts_total{method="refresh_token",outcome="replayed"}': 1,
      'http_requests_total{method="POST",route="/v1/sessions/refresh",status="401"}': 1,
    });
    expect(linesOf('thief').map((line) => line['event.action'])).toEqual([
      'refresh-token-replayed',
      'request',
    ]);
  });

  test('when its limit is reached', async () => {
    await using limited = await startApi({ RATE_LIMIT_USER: '1' });
    const { token } = await limited.newUser();
    await limited.send('GET', '/v1/todos', { token });
    const before = await limited.samples();
    await limited.send('GET', '/v1/todos', { token });
    const changed = () => limited.samples().then((after) => withoutLogs(changes(before, after, counters)));
    await eventually(async () => Object.keys(await changed()).length > 0);
    expect(await changed()).toEqual({
      'http_requests_total{method="GET",route="/v1/todos",status="429"}': 1,
      'http_request_duration_seconds_count{method="GET",route="/v1/todos",status_class="4xx"}': 1,
      'rate_limit_rejections_total{limiter="user"}': 1,
    });
  });

  test('when its client goes away: as 499, with no duration', async () => {
    const changed = await changesOf('gone', async () => {
      const socket = connect(api.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `POST /v1/todos HTTP/1.1\r\nHost: a\r\nX-Request-Id: gone\r\nAuthorization: Bearer ${world.user.token}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
      await eventually(async () => (await api.samples()).get('http_requests_in_flight') === 1);
      socket.destroy();
    });
    expect(withoutLogs(changed)).toEqual({
      'http_requests_total{method="POST",route="/v1/todos",status="499"}': 1,
    });
    expect(linesOf('gone')).toEqual([
      expect.objectContaining({ 'http.response.status_code': 499, 'event.outcome': 'unknown' }),
    ]);
  });

  test('when it takes too long to arrive: as the 408 that was sent', async () => {
    await using slow = await startApi({ HEADERS_TIMEOUT_MS: '200', RECEIVE_TIMEOUT_MS: '300' });
    const { token } = await slow.newUser();
    const before = await slow.samples();
    const socket = connect(slow.port, '127.0.0.1');
    const closed = once(socket, 'close');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => (answer += text));
    socket.write(
      `POST /v1/todos HTTP/1.1\r\nHost: a\r\nX-Request-Id: late\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('X-Request-Id: late');
    const changed = () => slow.samples().then((after) => withoutLogs(changes(before, after, counters)));
    await eventually(async () => Object.keys(await changed()).length > 0);
    expect(await changed()).toEqual({
      'http_requests_total{method="POST",route="/v1/todos",status="408"}': 1,
      'http_request_duration_seconds_count{method="POST",route="/v1/todos",status_class="4xx"}': 1,
    });
  });

  test('when it never becomes one: as what no route has', async () => {
    const before = await api.samples();
    const socket = connect(api.port, '127.0.0.1');
    const closed = once(socket.resume(), 'close');
    socket.write('this is not HTTP\r\n\r\n');
    await closed;
    expect(withoutLogs(changes(before, await api.samples(), counters))).toEqual({
      'http_requests_total{method="other",route="unmatched",status="400"}': 1,
    });
  });

  test('when the work on it fails: as 500, with the error in the log', async () => {
    await using broken = await startApi();
    const { token } = await broken.newUser();
    await broken.owner.raw('alter table todos rename column title to heading');
    const before = await broken.samples();
    // A 500 is in no document: nothing promises it.
    const send = client(broken.url, () => {});
    await send('POST', '/v1/todos', {
      token,
      json: { title: 'hush-hush' },
      headers: { 'X-Request-Id': 'broken' },
    });
    const lines = () => broken.logLines().filter((line) => line['http.request.id'] === 'broken');
    await eventually(() => lines().length === 2);
    expect(withoutLogs(changes(before, await broken.samples(), counters))).toEqual({
      'http_requests_total{method="POST",route="/v1/todos",status="500"}': 1,
      'http_request_duration_seconds_count{method="POST",route="/v1/todos",status_class="5xx"}': 1,
      'todo_operations_total{operation="create",outcome="failed"}': 1,
      'db_query_duration_seconds_count{operation="todos.usage"}': 1,
      'db_errors_total{kind="other"}': 1,
    });
    const [failed] = lines();
    expect(failed).toMatchObject({
      'event.action': 'request-failed',
      'log.level': 'error',
      'error.type': 'DatabaseError',
      'error.code': '42703',
      'error.stack_trace': expect.stringMatching(/^DatabaseError: .*\n +at .*/),
      'labels.route': '/v1/todos',
    });
    expect(broken.telemetry.logText()).not.toContain('hush-hush');
  });

  test('when it is slow: with a line that says where its time went', async () => {
    await using slow = await startApi({ SLOW_REQUEST_MS: '50' });
    const { token } = await slow.newUser();
    const transaction = await slow.knex.transaction();
    await transaction.raw('lock table todos in access exclusive mode');
    const asked = slow.send('GET', '/v1/todos', { token, headers: { 'X-Request-Id': 'slow' } });
    await eventually(async () => (await slow.samples()).get('db_statements_in_flight') === 1);
    const began = performance.now();
    await eventually(() => performance.now() - began > 100);
    await transaction.rollback();
    await asked;
    const lines = () => slow.logLines().filter((line) => line['event.action'] === 'request-slow');
    await eventually(() => lines().some((line) => line['http.request.id'] === 'slow'));
    const line = lines().find((each) => each['http.request.id'] === 'slow');
    expect(line).toMatchObject({ 'labels.route': '/v1/todos', 'labels.statements': 1 });
    const { 'labels.database_ms': database, 'event.duration': duration } = line as Record<string, number>;
    expect(database).toBeGreaterThan(90);
    expect(Number(duration) / 1e6).toBeGreaterThan(Number(database));
  });

  test('when its answer is due before the work on it is done, and that fails: with a line of its own', async () => {
    await using late = await startApi({ REQUEST_TIMEOUT_MS: '200', DATABASE_STATEMENT_TIMEOUT_MS: '600' });
    const { token } = await late.newUser();
    const transaction = await late.knex.transaction();
    await transaction.raw('lock table todos in access exclusive mode');
    await late.send('GET', '/v1/todos', { token, headers: { 'X-Request-Id': 'late' } });
    const happened = () =>
      late
        .logLines()
        .filter((line) => line['http.request.id'] === 'late')
        .map((line) => line['event.action']);
    await eventually(() => happened().includes('request-failed-late'));
    await transaction.rollback();
    expect(happened()).toEqual(['request-failed', 'request', 'request-failed-late']);
    expect((await late.samples()).get('db_errors_total{kind="statement_timeout"}')).toBe(1);
  });

  test('when it waits for a connection: as one of the queue', async () => {
    await using narrow = await startApi({ DATABASE_POOL_MAX: '1' });
    const { token } = await narrow.newUser();
    const transaction = await narrow.knex.transaction();
    const asked = narrow.send('GET', '/v1/todos', { token });
    await eventually(async () => Number((await narrow.samples()).get('db_queue_length')) > 0);
    const samples = await narrow.samples();
    expect(samples.get('db_connections{state="in_use"}')).toBe(1);
    expect(samples.get('db_connections{state="idle"}')).toBe(0);
    expect(samples.get('db_connections_max')).toBe(1);
    await transaction.rollback();
    expect((await asked).status).toBe(200);
  });
});

test('lines that could not be written are told of in the next one that can', async () => {
  const telemetry = createTestTelemetry();
  telemetry.losses.failed(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
  telemetry.losses.lost(3);
  expect(telemetry.logLines()).toEqual([
    expect.objectContaining({
      'event.action': 'log-lines-lost',
      'labels.lines_lost': 3,
      'error.code': 'ENOSPC',
    }),
  ]);
  const { text } = await telemetry.metrics.scrape();
  expect(samplesOf(text).get('log_write_errors_total')).toBe(1);
  await telemetry.check();
});
