/** Tests that an access token whose session is over reads, and writes nothing. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type RequestOptions, startApi, type TestApi, type TestUser } from '../support/api.ts';

let api: TestApi;
let user: TestUser;
let todo: string;
let deleted: string;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());
beforeEach(async () => {
  user = await api.newUser();
  [todo, deleted] = [await create(), await create()];
  await send('DELETE', `/v1/todos/${deleted}`);
});

const send = (method: string, path: string, options: RequestOptions = {}) =>
  api.send(method, path, { token: user.token, ...options });
const create = async () => String((await send('POST', '/v1/todos', { json: { title: 'T' } })).body['id']);
const refresh = () =>
  api.send('POST', '/v1/sessions/refresh', { json: { refresh_token: user.refreshToken } });

const ends: Record<string, () => Promise<unknown>> = {
  'that was logged out': () => send('DELETE', '/v1/sessions/current'),
  'whose refresh token came twice': async () => {
    await refresh();
    await refresh();
  },
  'that has expired': () =>
    api.knex.raw('update sessions set expires_at = now() where user_id = ?', [user.id]),
  'that is not there': () => api.knex('sessions').where({ user_id: user.id }).delete(),
};

const writes: Record<string, () => ReturnType<typeof send>> = {
  'create a todo': () => send('POST', '/v1/todos', { json: { title: 'late' } }),
  'create a todo with a key': () =>
    send('POST', '/v1/todos', { json: { title: 'late' }, headers: { 'Idempotency-Key': randomUUID() } }),
  'create several': () => send('POST', '/v1/todos/batch', { json: { items: [{ title: 'late' }] } }),
  'change one': () => send('PATCH', `/v1/todos/${todo}`, { json: { title: 'late', status: 'done' } }),
  'change nothing of one': () => send('PATCH', `/v1/todos/${todo}`, { json: {} }),
  'change another version': () =>
    send('PATCH', `/v1/todos/${todo}`, { json: { title: 'late' }, headers: { 'If-Match': '"9"' } }),
  'delete one': () => send('DELETE', `/v1/todos/${todo}`),
  'bring one back': () => send('POST', `/v1/todos/${deleted}/restore`),
  'bring back one that is there': () => send('POST', `/v1/todos/${todo}/restore`),
  'erase the user': () => send('DELETE', '/v1/users/me', { json: { password: user.password } }),
};

const stored = async () => ({
  todos: await api.knex('todos').where({ owner_id: user.id }).orderBy('id'),
  events: await api.knex('todo_events').where({ actor_id: user.id }).orderBy('id'),
  keys: await api.knex('idempotency_keys').where({ user_id: user.id }),
  users: await api.knex('users').where({ id: user.id }),
  sessions: await api.knex('sessions').where({ user_id: user.id }).orderBy('id'),
});

describe.each(Object.keys(ends))('an access token of a session %s', (end) => {
  beforeEach(() => ends[end]?.());

  test.each(Object.keys(writes))('does not %s', async (write) => {
    const before = await stored();
    const answer = await writes[write]?.();
    expect(answer?.status).toBe(401);
    expect(answer?.headers.get('www-authenticate')).toBe('Bearer realm="sightline", error="invalid_token"');
    expect(answer?.body).toMatchObject({
      type: '/problems/unauthenticated',
      detail: 'The session of this access token has ended. Log in again.',
    });
    expect(await stored()).toEqual(before);
  });

  test('reads until its minutes are over', async () => {
    const paths = ['/v1/todos', `/v1/todos/${todo}`, `/v1/todos/${todo}/history`, '/v1/users/me'];
    for (const path of paths) expect((await send('GET', path)).status).toBe(200);
  });
});

test('a replay tells what its first request was told, whatever became of the session', async () => {
  const once = () =>
    send('POST', '/v1/todos', { json: { title: 'once' }, headers: { 'Idempotency-Key': 'once' } });
  const { text } = await once();
  await send('DELETE', '/v1/sessions/current');
  const before = await stored();
  const again = await once();
  expect({ status: again.status, text: again.text }).toEqual({ status: 201, text });
  expect(await stored()).toEqual(before);
});

test('a token that names the session of somebody else writes nothing', async () => {
  const other = await api.newUser();
  const { id: sessionId } = await api.knex('sessions').where({ user_id: other.id }).first('id');
  const { token } = await api.tokens.issue({ userId: user.id, sessionId });
  expect((await api.send('POST', '/v1/todos', { token, json: { title: 'forged' } })).status).toBe(401);
});
