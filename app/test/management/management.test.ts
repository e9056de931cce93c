import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exchangeRaw } from '@sightline/testkit/raw-http.ts';
import { createHealth } from '../../src/health/health.ts';
import { managementRoutes } from '../../src/management/routes.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('the management server', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({
      PROFILING: 'on',
      LOG_LEVEL: 'warn',
      MANAGEMENT_NAMES: 'todo-api.example.com, todo-api',
    });
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
    ['GET', '/metrics'],
    ['GET', '/health/live'],
    ['GET', '/problems/'],
  ];
  const fromPages: readonly [who: string, headers: Record<string, string>][] = [
    ['a page of another origin', { Origin: 'https://evil.example' }],
    ['a page without an origin', { Origin: 'null' }],
    ['an image or link of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a page on another port of this machine', { 'Sec-Fetch-Site': 'same-site' }],
    ['a name that was pointed at this address', { Host: 'rebound.evil.example' }],
    ['such a name with a port', { Host: 'rebound.evil.example:9464' }],
    ['a name that one of its own begins', { Host: 'todo-api.example.com.evil.example' }],
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

  test.each(['todo-api', 'Todo-API.example.com:9464'])(
    'answers by a name of its own, since a load balancer may use one: %s',
    async (host) => {
      expect((await ask('GET', '/health/live', { Host: host })).status).toBe(200);
    },
  );

  test('answers what names no host, as health checks by HTTP/1.0 do', async () => {
    const answer = await exchangeRaw(
      Number(new URL(api.managementUrl).port),
      'GET /health/ready HTTP/1.0\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
  test('a link of another page leads to what it shows, and to nothing under /debug/', async () => {
    expect((await ask('GET', '/metrics', link)).status).toBe(200);
    expect((await ask('GET', '/debug/log-level', link)).status).toBe(403);
  });

  test.each(['/debug/cpu-profile?seconds=1', '/debug/heap-snapshot'])(
    'an image of a page takes no profile, however it names this server: GET %s',
    async (path) => {
      expect((await ask('GET', path, {})).status).toBe(405);
    },
  );

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
