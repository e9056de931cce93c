import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Todo } from '../../src/todos/schema.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('a deleted todo', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await startApi();
    ({ token } = await api.newUser());
  });
  afterAll(() => api.stop());

  /** A todo at version 2, deleted. */
  async function deleted(): Promise<Todo> {
    const { body } = await api.send<Todo>('POST', '/v1/todos', {
      token,
      json: { title: 'Back again', status: 'done' },
    });
    await api.send('DELETE', `/v1/todos/${body.id}`, { token });
    return body;
  }
  const restore = (id: string, ifMatch?: string, as = token) =>
    api.send<Todo>('POST', `/v1/todos/${id}/restore`, {
      token: as,
      headers: { ...(ifMatch && { 'If-Match': ifMatch }) },
    });
  const actions = (id: string) =>
    api.knex('todo_events').where({ todo_id: id }).orderBy('id').pluck('action');

  test('comes back as it was, at the next version, and leaves an event', async () => {
    const before = await deleted();
    const answer = await restore(before.id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"3"');
    expect(answer.body).toEqual({ ...before, version: 3, updated_at: answer.body.updated_at });
    expect(answer.body.updated_at > before.updated_at).toBe(true);
    expect((await api.send('GET', `/v1/todos/${before.id}`, { token })).body).toEqual(answer.body);
    expect(await actions(before.id)).toEqual(['created', 'deleted', 'restored']);
  });

  test('comes back once, whoever else tries at the same time', async () => {
    const { id } = await deleted();
    const answers = await Promise.all(Array.from({ length: 5 }, () => restore(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(await actions(id)).toEqual(['created', 'deleted', 'restored']);
  });

  test.each([
    ['"2"', 200],
    ['*', 200],
    ['"1"', 412],
    ['2', 400],
  ])('at version 2 with If-Match: %s gets %i', async (ifMatch, status) => {
    const { id } = await deleted();
    const answer = await restore(id, ifMatch);
    expect(answer.status).toBe(status);
    if (status === 412) expect(answer.headers.get('etag')).toBe('"2"');
    expect(await actions(id)).toHaveLength(status === 200 ? 3 : 2);
  });

  test('cannot be restored when it is not deleted', async () => {
    const { body } = await api.send<Todo>('POST', '/v1/todos', { token, json: { title: 'Here' } });
    const answer = await restore(body.id);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ type: '/problems/not-deleted' });
    expect(await actions(body.id)).toEqual(['created']);
  });

  test('of another user, or one that never was, is not there', async () => {
    const { id } = await deleted();
    const other = await api.newUser();
    expect((await restore(id, undefined, other.token)).status).toBe(404);
    expect((await restore('01a1fdb5-e49a-7cf0-8389-d72e1aae7a01')).status).toBe(404);
    expect(await actions(id)).toEqual(['created', 'deleted']);
  });
});
