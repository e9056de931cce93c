import { mock } from 'node:test';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Actor } from '../../src/http/context.ts';
import { bytesOf, type Usage, withQuota } from '../../src/todos/quota.ts';
import type { NewTodo, Todo } from '../../src/todos/schema.ts';
import type { TodoService } from '../../src/todos/service.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

let apis: TestApi[] = [];
afterEach(async () => {
  for (const api of apis) await api.stop();
  apis = [];
});

async function start(settings: Record<string, string>): Promise<TestApi> {
  const api = await startApi(settings);
  apis.push(api);
  return api;
}

const create = (api: TestApi, { token }: TestUser, json: object, headers = {}) =>
  api.send<Todo>('POST', '/v1/todos', { token, json, headers });
const batch = (api: TestApi, { token }: TestUser, items: readonly object[]) =>
  api.send<{ items: Todo[] }>('POST', '/v1/todos/batch', { token, json: { items } });
const statusesOf = (answers: readonly { status: number }[]) =>
  Object.fromEntries([...Map.groupBy(answers, ({ status }) => status)].map(([s, all]) => [s, all.length]));
const titlesIn = async (api: TestApi, { id }: TestUser) =>
  (await api.knex('todos').where({ owner_id: id }).pluck('title')).length;

test('of many that create at once as many pass as there is room for', async () => {
  const api = await start({ QUOTA_TODOS: '25' });
  const [user, other] = [await api.newUser(), await api.newUser()];
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      create(api, user, { title: `Todo ${n}` }, n % 3 ? {} : { 'Idempotency-Key': `key-${n}` }),
    ),
  );
  expect(statusesOf(answers)).toEqual({ 201: 25, 409: 35 });
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    type: '/problems/quota-exceeded',
    detail: expect.stringContaining('You may have 25 todos'),
  });
  expect(await titlesIn(api, user)).toBe(25);
  expect((await create(api, other, { title: 'of another' })).status).toBe(201);
});

test('another instance counts what is there, when it first meets the user', async () => {
  const api = await start({ QUOTA_TODOS: '25' });
  const user = await api.newUser();
  const items = Array.from({ length: 10 }, (_, n) => ({ title: `Todo ${n}` }));
  const answers = await Promise.all(Array.from({ length: 6 }, () => batch(api, user, items)));
  expect(statusesOf(answers)).toEqual({ 201: 2, 409: 4 });
  const sibling = await startApi({ QUOTA_TODOS: '25' }, undefined, { beside: api });
  apis.unshift(sibling);
  expect((await batch(sibling, user, items)).status).toBe(409);
  expect((await batch(sibling, user, items.slice(5))).status).toBe(201);
  expect(await titlesIn(api, user)).toBe(25);
});

test('bytes of text are bounded by what is made and by what is changed', async () => {
  const api = await start({ QUOTA_BYTES: '1000' });
  const user = await api.newUser();
  const { token } = user;
  const { body: todo } = await create(api, user, {
    title: 'ü',
    description: 'x'.repeat(488),
    labels: ['ab'],
  });
  const change = (json: object) => api.send<Todo>('PATCH', `/v1/todos/${todo.id}`, { token, json });
  expect((await create(api, user, { title: 'x', description: 'y'.repeat(508) })).status).toBe(409);
  expect((await create(api, user, { title: 'x', description: 'y'.repeat(507) })).status).toBe(201);
  const refused = await change({ description: 'x'.repeat(489) });
  expect(refused).toMatchObject({ status: 409, body: { type: '/problems/quota-exceeded' } });
  // What isn't longer passes, also when there is no room at all.
  expect((await change({ description: 'z'.repeat(488), status: 'done' })).status).toBe(200);
  expect((await change({ description: null })).status).toBe(200);
  expect((await change({ priority: 'high' })).status).toBe(200);
});

test('deleted todos count, since they can be restored, and restoring needs no room', async () => {
  const api = await start({ QUOTA_TODOS: '1' });
  const user = await api.newUser();
  const { token } = user;
  const { body: todo } = await create(api, user, { title: 'a' });
  expect((await api.send('DELETE', `/v1/todos/${todo.id}`, { token })).status).toBe(204);
  expect((await create(api, user, { title: 'b' })).status).toBe(409);
  expect((await api.send('POST', `/v1/todos/${todo.id}/restore`, { token })).status).toBe(200);
});

test('0 sets no limit', async () => {
  const api = await start({ QUOTA_TODOS: '0', QUOTA_BYTES: '0' });
  const user = await api.newUser();
  expect((await create(api, user, { title: 'a' })).status).toBe(201);
});

describe('a count', () => {
  const actor = { userId: 'somebody' } as Actor;
  const todo = { title: 'ü', labels: ['a', '🐎'] } as unknown as NewTodo;
  let stored: Usage;
  let counted = 0;
  let service: TodoService;
  let now = 0;
  beforeEach(() => {
    now = 0;
    mock.method(performance, 'now', () => now);
    stored = { todos: 0, bytes: 0 };
    counted = 0;
    const written = {} as Todo;
    const todos = { create: () => Promise.resolve(written) } as unknown as TodoService;
    service = withQuota(todos, { QUOTA_TODOS: 3, QUOTA_BYTES: 0 }, () => {
      counted += 1;
      return Promise.resolve({ ...stored });
    });
  });
  afterEach(() => {
    mock.restoreAll();
  });
  const passes = () =>
    service.create(todo, actor).then(
      () => true,
      () => false,
    );

  test('is added to for a minute, and done anew then', async () => {
    expect([await passes(), await passes(), counted]).toEqual([true, true, 1]);
    // By another instance.
    stored = { todos: 3, bytes: 21 };
    now += 59_000;
    expect([await passes(), counted]).toEqual([true, 1]);
    now += 2000;
    expect([await passes(), counted]).toEqual([false, 2]);
  });

  test('that refuses is believed for ten seconds', async () => {
    stored = { todos: 3, bytes: 21 };
    expect([await passes(), await passes(), counted]).toEqual([false, false, 1]);
    stored = { todos: 2, bytes: 14 };
    now += 9000;
    expect([await passes(), counted]).toEqual([false, 1]);
    now += 2000;
    expect([await passes(), counted]).toEqual([true, 2]);
  });

  test('is shared by all that wait for it', async () => {
    expect(await Promise.all(Array.from({ length: 5 }, passes))).toEqual([true, true, true, false, false]);
    expect(counted).toBe(1);
  });
});

test('bytes are those of UTF-8, of members that are there', () => {
  expect(bytesOf({ title: 'ü', description: null, labels: ['a', '🐎'] })).toBe(7);
  expect(bytesOf({})).toBe(0);
});
