import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProxy, type TcpProxy } from '@sightline/testkit/proxy.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('while the database is away', () => {
  let api: TestApi;
  let proxy: TcpProxy;
  let token: string;

  beforeAll(async () => {
    const { TEST_DATABASE_URL = '' } = process.env;
    const server = new URL(TEST_DATABASE_URL);
    proxy = await startProxy({ host: server.hostname, port: Number(server.port) });
    const throughProxy = (databaseUrl: string) => {
      const url = new URL(databaseUrl);
      url.port = String(proxy.port);
      return url.href;
    };
    const settings = { DATABASE_CONNECT_TIMEOUT_MS: '1500', DATABASE_STATEMENT_TIMEOUT_MS: '1500' };
    api = await startApi(settings, throughProxy);
    ({ token } = await api.newUser());
  });
  afterAll(async () => {
    await api.stop();
    await proxy.close();
  });

  const requests = () =>
    Promise.all([
      api.send('GET', '/v1/todos', { token }),
      api.send('POST', '/v1/todos', { token, json: { title: 'written while away' } }),
      api.send('GET', '/v1/users/me', { token }),
      api.send('POST', '/v1/sessions', { json: { email: 'a@example.com', password: 'does not matter' } }),
    ]);
  const databaseUp = async (up: boolean) => {
    const { body } = await api.send('GET', '/health/ready');
    return (body['database'] as { up: boolean }).up === up;
  };

  const outages: [string, () => unknown, () => unknown][] = [
    ['refuses connections', () => proxy.cut(), () => proxy.mend()],
    ['hangs', () => proxy.hang(), () => proxy.resume()],
  ];
  test.each(outages)(
    'because it %s, requests get 503 in time, and pass again without a restart',
    async (_name, begin, end) => {
      await begin();
      const startedAt = performance.now();
      for (const answer of [...(await requests()), ...(await requests())]) {
        expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 503 });
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(answer.body).toMatchObject({ type: '/problems/service-unavailable' });
      }
      // Two rounds, each bounded by waiting for a connection and for an answer; the rest is for a busy machine.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      await eventually(() => databaseUp(false));
      expect((await api.send('GET', '/health/ready')).status).toBe(200);
      expect((await api.send('GET', '/health/live')).status).toBe(200);
      await end();
      await eventually(async () => (await requests()).every(({ status }) => status !== 503));
      await eventually(() => databaseUp(true));
    },
  );

  test('what is refused for want of a connection is not written', async () => {
    await proxy.cut();
    const json = { title: 'refused' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => api.send('POST', '/v1/todos', { token, json })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(503));
    await proxy.mend();
    await eventually(async () => (await api.send('GET', '/v1/todos', { token })).status === 200);
    expect(await api.knex('todos').where(json).first()).toBeUndefined();
  });

  test('a read over its time gets 503 as a write does', async () => {
    const transaction = await api.knex.transaction();
    await transaction.raw('lock table users, todos in access exclusive mode');
    const answers = await Promise.all(
      ['/v1/todos', '/v1/users/me'].map((path) => api.send('GET', path, { token })),
    );
    await transaction.rollback();
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  });

  test('a statement over its time gets 503 and no other request waits for it', async () => {
    const { body: todo } = await api.send<{ id: string }>('POST', '/v1/todos', {
      token,
      json: { title: 'locked' },
    });
    const transaction = await api.knex.transaction();
    await transaction('todos').where({ id: todo.id }).forUpdate();
    const answers = await Promise.all(
      Array.from({ length: 3 }, () =>
        api.send('PATCH', `/v1/todos/${todo.id}`, { token, json: { title: 'blocked' } }),
      ),
    );
    await transaction.rollback();
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect((await api.send('GET', `/v1/todos/${todo.id}`, { token })).body).toMatchObject({
      title: 'locked',
      version: 1,
    });
  });
});

describe('readiness', () => {
  test('turns false when the instance drains, while it still answers', async () => {
    await using api = await startApi();
    const { token } = await api.newUser();
    api.lifecycle.draining = true;
    const ready = await api.send('GET', '/health/ready');
    expect(ready.status).toBe(503);
    expect(ready.body).toMatchObject({ status: 'unavailable', detail: 'The instance is shutting down.' });
    expect((await api.send('GET', '/v1/todos', { token })).status).toBe(200);
    expect((await api.send('GET', '/health/live')).status).toBe(200);
  });
});
