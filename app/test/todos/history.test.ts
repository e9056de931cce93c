import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Todo, TodoEvent, TodoHistory } from '../../src/todos/schema.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('the history of a todo', () => {
  let api: TestApi;
  let user: TestUser;
  let id: string;
  let createdBy: string | null;
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
    const { token } = user;
    const created = await api.send<Todo>('POST', '/v1/todos', { token, json: { title: 'One' } });
    ({ id } = created.body);
    createdBy = created.headers.get('x-request-id');
    await api.send('PATCH', `/v1/todos/${id}`, { token, json: { title: 'Two', labels: ['a'] } });
    await api.send('DELETE', `/v1/todos/${id}`, { token });
    await api.send('POST', `/v1/todos/${id}/restore`, { token });
    await api.send('DELETE', `/v1/todos/${id}`, { token });
  });
  afterAll(() => api.stop());

  const history = (query = '', of = id, as = user.token) =>
    api.send<TodoHistory>('GET', `/v1/todos/${of}/history${query}`, { token: as });

  test('tells who did what by which request, oldest first, of a deleted one too', async () => {
    const { status, body } = await history();
    expect(status).toBe(200);
    const event = (action: string, changes = {}, request_id: unknown = expect.any(String)) => ({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      action,
      actor_id: user.id,
      request_id,
      changes,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(body).toEqual({
      items: [
        event('created', {}, createdBy),
        event('updated', { title: { from: 'One', to: 'Two' }, labels: { from: [], to: ['a'] } }),
        event('deleted'),
        event('restored'),
        event('deleted'),
      ],
      next_cursor: null,
    });
  });

  test.each([1, 2, 4, 5])('in pages of %i is whole and in order', async (limit) => {
    const items: TodoEvent[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await history(`?limit=${limit}${cursor && `&cursor=${cursor}`}`);
      items.push(...body.items);
      if (body.next_cursor === null) break;
      expect(body.items).toHaveLength(limit);
      cursor = body.next_cursor;
    }
    expect(items).toEqual((await history()).body.items);
  });

  test('of another user’s todo, or of none, is not there', async () => {
    const other = await api.newUser();
    expect((await history('', id, other.token)).status).toBe(404);
    expect((await history('', '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01')).status).toBe(404);
  });

  test('is empty when its events are older than they are kept', async () => {
    const { token } = user;
    const { body } = await api.send<Todo>('POST', '/v1/todos', { token, json: { title: 'Old' } });
    await api.owner('todo_events').where({ todo_id: body.id }).delete();
    expect(await history('', body.id)).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
  });

  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each([
    ['limit=0', '?limit'],
    ['sort=created_at', '?sort'],
    ['cursor=abc', '?cursor'],
    [`cursor=${forged(['event', "' or 1=1"])}`, '?cursor'],
    [
      `cursor=${forged(['-created_at', '2026-01-01T00:00:00Z', '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01'])}`,
      '?cursor',
    ],
  ])('refuses %s', async (query, pointer) => {
    const answer = await history(`?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ type: '/problems/invalid-parameter', errors: [{ pointer }] });
  });
});
