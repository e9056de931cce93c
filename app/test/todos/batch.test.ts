import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Todo } from '../../src/todos/schema.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('a batch of todos', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await startApi();
    ({ token } = await api.newUser());
  });
  afterAll(() => api.stop());

  const create = (items: unknown, as = token) =>
    api.send<{ items: Todo[] }>('POST', '/v1/todos/batch', {
      token: as,
      json: { items },
    });
  const count = async () => Number((await api.knex('todos').count().first())?.['count']);

  test('is created in the order given, with every value and default that one todo would have', async () => {
    const given = [
      {
        title: 'Third’s "friend" \\ 📝',
        description: 'two\nlines',
        labels: ['a,b', '{"x"}', 'NULL'],
      },
      { title: 'done', status: 'done', priority: 'urgent', due_at: '2026-12-01T10:00:00.123456+02:00' },
      { title: 'plain' },
    ] as const;
    const { status, body } = await create(given);
    expect(status).toBe(201);
    const one = await api.send<Todo>('POST', '/v1/todos', { token, json: { title: 'plain' } });
    const same = { id: expect.any(String), created_at: expect.any(String), updated_at: expect.any(String) };
    expect(body.items).toEqual([
      { ...one.body, ...same, ...given[0] },
      {
        ...one.body,
        ...same,
        ...given[1],
        due_at: '2026-12-01T08:00:00.123456Z',
        completed_at: body.items[1]?.created_at,
      },
      { ...one.body, ...same, ...given[2] },
    ]);
    for (const todo of body.items)
      expect((await api.send('GET', `/v1/todos/${todo.id}`, { token })).body).toEqual(todo);
  });

  test('may have 100 todos, each with its event, and keeps their order in the list', async () => {
    const user = await api.newUser();
    const names = Array.from({ length: 100 }, (_, n) => `number ${n}`);
    const { status, headers, body } = await create(
      names.map((title) => ({ title })),
      user.token,
    );
    expect(status).toBe(201);
    expect(body.items.map(({ title }) => title)).toEqual(names);
    const list = await api.send<{ items: Todo[] }>('GET', '/v1/todos?sort=created_at&limit=100', {
      token: user.token,
    });
    expect(list.body.items).toEqual(body.items);
    const events = await api.knex('todo_events').where({ actor_id: user.id }).orderBy('todo_id');
    expect(events.map(({ todo_id, action, request_id }) => [todo_id, action, request_id])).toEqual(
      body.items.map(({ id }) => [id, 'created', headers.get('x-request-id')]),
    );
  });

  const good = { title: 'good' };
  test.each([
    ['no items', [], '#/items'],
    ['101 items', Array(101).fill(good), '#/items'],
    ['no list', good, '#/items'],
    ['one bad title', [good, good, good, { title: '' }], '#/items/3/title'],
    ['a repeated label', [good, { ...good, labels: ['a', 'a'] }], '#/items/1/labels'],
    ['NUL in a label', [{ ...good, labels: ['a', '\0'] }], '#/items/0/labels/1'],
    ['a lone surrogate', [{ ...good, description: '\ud800' }], '#/items/0/description'],
    ['an unknown member', [good, { ...good, id: 'x' }], '#/items/1/id'],
    ['null for an item', [good, null], '#/items/1'],
  ])('with %s is refused whole, and says where it is wrong', async (_name, items, pointer) => {
    const before = await count();
    const answer = await create(items);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
    });
    expect(await count()).toBe(before);
  });

  test.each([
    ['items', Array(20_000).fill({})],
    ['members', [Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`member ${n}`, n]))]],
  ])('of thousands of wrong %s gets no answer larger than itself', async (_name, items) => {
    const answer = await create(items);
    expect(answer.status).toBe(422);
    expect(answer.text.length).toBeLessThan(10_000);
  });

  test('of a user who is gone is refused', async () => {
    const user = await api.newUser();
    await api.knex('users').where({ id: user.id }).delete();
    expect((await create([good], user.token)).status).toBe(401);
  });
});
