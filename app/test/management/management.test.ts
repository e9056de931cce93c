import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHealth } from '../../src/health/health.ts';
import { managementRoutes } from '../../src/management/routes.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('the management server', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ PROFILING: 'on', LOG_LEVEL: 'warn' });
  });
  afterAll(() => api.stop());

  /** Headers are sent as they are; `fetch` would keep some to itself. */
  function ask(method: string, path: string, headers: Record<string, string>, body = '') {
    return new Promise<{ status: number | undefined; text: string }>((answer, reject) => {
      const all = {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(body),
        ...headers,
      };
      request(`${api.managementUrl}${path}`, { method, headers: all }, async (response) =>
        answer({ status: response.statusCode, text: await readAll(response) }),
      )
        .on('error', reject)
        .end(body);
    });
  }

  const endpoints: readonly [method: string, path: string, body?: string][] = [
    ['PUT', '/debug/log-level', '{"level":"trace"}'],
    ['GET', '/debug/log-level'],
    ['POST', '/debug/cpu-profile?seconds=1'],
    ['POST', '/debug/heap-snapshot'],
    ['PUT', '/debug/faults', '{"seconds":60,"requests":{"every":1,"effect":"fail"}}'],
    ['DELETE', '/debug/faults'],
  ];
  const fromPages: readonly [who: string, headers: Record<string, string>][] = [
    ['a page of another origin', { Origin: 'https://evil.example' }],
    ['a page without an origin', { Origin: 'null' }],
    ['an image or link of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page on another port of this machine', { 'Sec-Fetch-Site': 'same-site' }],
    ['a name that was pointed at this address', { Host: 'rebound.evil.example' }],
    ['such a name with a port', { Host: 'rebound.evil.example:9464' }],
    ['a name that begins like an address', { Host: '127.0.0.1.evil.example' }],
  ];
  const refused = endpoints.flatMap((endpoint) =>
    fromPages.map(([who, headers]) => ({
      method: endpoint[0],
      path: endpoint[1],
      body: endpoint[2],
      who,
      headers,
    })),
  );

  test.each(refused)('refuses $method $path of $who', async ({ method, path, headers, body }) => {
    const { status, text } = await ask(method, path, headers, body);
    expect({ status, text }).toMatchObject({ status: 403 });
    expect(JSON.parse(text)).toMatchObject({ type: '/problems/web-page-refused' });
    expect(JSON.parse((await ask('GET', '/debug/log-level', {})).text)).toMatchObject({ level: 'warn' });
  });

  test.each([
    ['localhost', { Host: 'localhost:9464' }],
    ['an IPv4 address', { Host: '10.1.2.3:9464' }],
    ['an IPv6 address', { Host: '[::1]:9464' }],
    ['a person who types the address', { 'Sec-Fetch-Site': 'none' }],
  ])('takes requests by %s', async (_who, headers) => {
    expect((await ask('GET', '/debug/log-level', headers)).status).toBe(200);
  });

  test('answers health to whoever asks: a load balancer may use a name', async () => {
    expect((await ask('GET', '/health/live', { Host: 'todo-api' })).status).toBe(200);
  });

  test('explains its problems under the address that they name', async () => {
    const { text } = await ask('GET', '/debug/log-level', { Origin: 'null' });
    const page = await ask('GET', JSON.parse(text).type, {});
    expect(page.status).toBe(200);
    expect(page.text).toContain('403');
  });

  test('takes the level as JSON only', async () => {
    const { status } = await ask(
      'PUT',
      '/debug/log-level',
      { 'Content-Type': 'text/plain' },
      '{"level":"trace"}',
    );
    expect(status).toBe(415);
  });

  test('has each of its endpoints in docs/management.md', async () => {
    const page = await readFile(resolve(import.meta.dirname, '../../../docs/management.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([A-Z]+ [^`]*)` \|/gm)].map(([, endpoint]) => endpoint);
    const health = createHealth(api.lifecycle, { up: true, migrated: true, detail: '', since: '' });
    const routes = managementRoutes({ ...api.telemetry, config: api.config, health });
    expect(listed.sort()).toEqual(routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort());
  });
});
