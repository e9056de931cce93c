import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('what comes back from PostgreSQL', () => {
  let api: TestApi;
  let user: TestUser;
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
  });
  afterAll(() => api.stop());

  const labels = [
    [],
    ['plain'],
    ['a', 'b', 'c'],
    ['with space', 'ümläut', '🦊'],
    ['comma,inside', '{braces}', '"quotes"', 'back\\slash', "it's"],
    ['NULL', 'null', 'nullable', 'annulled'],
  ];
  test.each(labels.map((list) => ({ list })))('are the labels $list as they were sent', async ({ list }) => {
    const { body } = await api.send<{ id: string; labels: string[] }>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'Labelled', labels: list },
    });
    expect(body.labels).toEqual(list);
    const { body: read } = await api.send('GET', `/v1/todos/${body.id}`, { token: user.token });
    expect(read['labels']).toEqual(list);
  });

  test.each(['2026-11-21T10:07:00Z', '2026-11-21T10:07:00.123456Z', '9999-12-31T23:59:59.999999Z'])(
    'is the time %s to the last digit',
    async (due) => {
      const { body } = await api.send<{ id: string }>('POST', '/v1/todos', {
        token: user.token,
        json: { title: 'Due', due_at: due },
      });
      const { body: read } = await api.send('GET', `/v1/todos/${body.id}`, { token: user.token });
      expect(read['due_at']).toBe(due);
    },
  );
});
