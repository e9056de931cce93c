import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timedRoute, unmatchedRoute } from '@sightline/contract/signals.ts';
import { emitRuntimeMetrics } from '../../src/telemetry/runtime-metrics.ts';
import { startApi, type TestApi } from '../support/api.ts';

/** Most series of an instance, by the design. */
const budget = 1500;

describe('the series of an instance', () => {
  let api: TestApi;
  let stopRuntimeMetrics: () => void;
  beforeAll(async () => {
    api = await startApi({ LOG_LEVEL: 'error' });
    stopRuntimeMetrics = emitRuntimeMetrics(api.telemetry);
  });
  afterAll(async () => {
    stopRuntimeMetrics();
    await api.stop();
  });

  test('stay within their budget when every endpoint has failed in every way and a scanner has been here', async () => {
    const { token } = await api.newUser();
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const ask = (method: string, path: string, headers: Record<string, string>) =>
      new Promise<void>((resolve, reject) => {
        request({ port: api.port, host: '127.0.0.1', method, path, headers, agent }, (response) =>
          response.resume().once('end', resolve),
        )
          .once('error', reject)
          .end();
      });
    const random = (length: number) =>
      Math.random()
        .toString(36)
        .slice(2, 2 + length);
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND', 'PURGE', 'LINK'];
    const starts = [
      '/',
      '/v1/',
      '/v1/todos/',
      '/v1/users/',
      '/docs/',
      '/problems/',
      '/.well-known/',
      '/health/',
    ];
    const pick = <Value>(values: readonly Value[]) =>
      values[Math.floor(Math.random() * values.length)] as Value;
    const one = () =>
      ask(pick(methods), `${pick(starts)}${random(8)}?${random(5)}=${random(5)}`, {
        [`X-${random(6)}`]: random(10),
        'User-Agent': random(12),
        'X-Request-Id': random(10),
        ...(Math.random() < 0.5 && { Authorization: `Bearer ${Math.random() < 0.5 ? token : random(20)}` }),
      });
    for (let sent = 0; sent < 10_000; sent += 100) await Promise.all(Array.from({ length: 100 }, one));
    agent.destroy();
    const samples = await api.samples();
    const requests = [...samples].filter(([series]) => series.startsWith('http_requests_total'));
    expect(requests.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(10_000);
    // What no scanner can reach in this test: each endpoint with each class of answer.
    const endpoints = new Set(
      requests.map(([series]) => /method="(\w+)",route="([^"]+)"/.exec(series)?.slice(1).join(' ')),
    );
    for (const endpoint of endpoints) {
      const [method = '', route = ''] = String(endpoint).split(' ');
      if (route === unmatchedRoute) continue;
      for (const status_class of ['2xx', '4xx', '5xx'] as const)
        api.telemetry.metrics.observe(
          'http_request_duration_seconds',
          { method: method as 'GET', route: timedRoute(route), status_class },
          0.1,
        );
    }
    expect((await api.samples()).size).toBeLessThan(budget);
  });
});
