import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { client, type Send, startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('faults of requests', () => {
  let api: TestApi;
  let management: Send;
  /** Not checked: the OpenAPI document promises no 500. */
  let send: Send;
  let user: TestUser;
  beforeEach(async () => {
    api = await startApi({ FAULT_INJECTION: 'on' });
    management = client(api.managementUrl, () => {});
    send = client(api.url, () => {});
    user = await api.newUser();
  });
  afterEach(() => api.stop());

  const inject = async (requests: object, seconds = 600) => {
    const { status } = await management('PUT', '/debug/faults', { json: { seconds, requests } });
    expect(status).toBe(200);
  };
  const me = () => send('GET', '/v1/users/me', { token: user.token });
  const create = (headers = {}) =>
    send('POST', '/v1/todos', { token: user.token, headers, json: { title: 'Water the plants' } });

  /** Which of so many requests, one after the other, get 500; all others 200. */
  async function failing(count: number): Promise<number[]> {
    const failed: number[] = [];
    for (let n = 1; n <= count; n += 1) {
      const { status } = await me();
      if (status === 500) failed.push(n);
      else expect(status).toBe(200);
    }
    return failed;
  }

  test('have exactly every n-th fail, counted anew with each change', async () => {
    await inject({ every: 10, effect: 'fail' });
    expect(await failing(105)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    await inject({ every: 10, effect: 'fail' });
    expect(await failing(12)).toEqual([10]);
    await inject({ every: 3, effect: 'fail' });
    expect(await failing(7)).toEqual([3, 6]);
    expect((await management('DELETE', '/debug/faults')).status).toBe(204);
    expect(await failing(7)).toEqual([]);
  });

  test('fail the way an error of ours does: problem, line, metrics', async () => {
    const series = 'http_requests_total{method="GET",route="/v1/users/me",status="500"}';
    const before = (await api.samples()).get(series) ?? 0;
    await inject({ every: 1, effect: 'fail' });
    const { status, headers, body } = await me();
    expect(status).toBe(500);
    expect(body).toMatchObject({ type: '/problems/internal-error' });
    const lines = () =>
      api.logLines().filter((line) => line['http.request.id'] === headers.get('x-request-id'));
    await eventually(() => lines().length === 2);
    expect(lines()).toEqual([
      expect.objectContaining({
        'event.action': 'request-failed',
        'log.level': 'error',
        'error.type': 'Error',
        'error.message': expect.stringContaining('injected on purpose'),
        'labels.route': '/v1/users/me',
      }),
      expect.objectContaining({ 'event.action': 'request', 'http.response.status_code': 500 }),
    ]);
    expect((await api.samples()).get(series)).toBe(before + 1);
  });

  test('write nothing: neither todo nor audit event, and the idempotency key stays free', async () => {
    const rows = async () =>
      await Promise.all(
        ['todos', 'todo_events', 'idempotency_keys'].map(async (table) => (await api.knex(table)).length),
      );
    const key = { 'Idempotency-Key': 'once' };
    await inject({ every: 1, effect: 'fail' });
    expect((await create()).status).toBe(500);
    expect((await create(key)).status).toBe(500);
    expect(await rows()).toEqual([0, 0, 0]);
    await management('DELETE', '/debug/faults');
    const { status, headers } = await create(key);
    expect(status).toBe(201);
    expect(headers.has('idempotent-replayed')).toBe(false);
    expect(await rows()).toEqual([1, 1, 1]);
  });

  test('leave alone and uncounted what is no request of the API, and what is refused before', async () => {
    await inject({ every: 2, effect: 'fail' });
    expect(await failing(1)).toEqual([]);
    for (const path of ['/health/live', '/health/ready', '/.well-known/jwks.json', '/openapi.json', '/docs'])
      expect((await api.send('GET', path)).status).toBe(200);
    expect((await api.send('GET', '/nothing')).status).toBe(404);
    expect((await api.send('GET', '/v1/users/me')).status).toBe(401);
    expect((await management('GET', '/metrics')).status).toBe(200);
    expect(await failing(1)).toEqual([1]);
  });

  test('have every n-th wait, and answer as usual then', async () => {
    await inject({ every: 2, effect: 'delay', milliseconds: 300 });
    const delays: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const start = performance.now();
      expect((await me()).status).toBe(200);
      delays.push(performance.now() - start);
    }
    // Timers and the clock may differ by a little.
    for (const n of [1, 3]) expect(delays[n]).toBeGreaterThan(295);
    const waited = (await api.samples()).get(
      'http_request_duration_seconds_bucket{le="0.25",method="GET",route="/v1/users/me",status_class="2xx"}',
    );
    expect(waited).toBeLessThanOrEqual(2);
  });

  test('let requests go on that wait when the faults end', async () => {
    await inject({ every: 1, effect: 'delay', milliseconds: 30_000 });
    const waiting = Array.from({ length: 20 }, me);
    const waitingNow = async () => (await api.samples()).get('http_requests_in_flight');
    await eventually(async () => (await waitingNow()) === 20);
    await management('DELETE', '/debug/faults');
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
  });

  test('end by themselves when their seconds are over, and say so in the log', async () => {
    await inject({ every: 1, effect: 'fail' }, 1);
    expect((await me()).status).toBe(500);
    await eventually(async () => (await me()).status === 200);
    expect((await management('GET', '/debug/faults')).body).toEqual({ ends_at: null });
    const changes = api.logLines().filter((line) => line['event.action'] === 'faults-changed');
    expect(changes).toEqual([
      expect.objectContaining({ 'log.level': 'warn', 'labels.faults': ['requests'], 'labels.seconds': 1 }),
      expect.objectContaining({ 'log.level': 'warn', 'labels.faults': [] }),
    ]);
  });
});
