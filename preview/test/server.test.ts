import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readPageSettings } from '../server/settings.ts';
import { limiter } from '../server/upstream.ts';
import { type Preview, startPreview } from './support/preview.ts';

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

let preview: Preview;
/** Takes connections and never answers. */
let silent: Server;
let slow: Preview;
beforeAll(async () => {
  preview = await startPreview({});
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  slow = await startPreview({
    prometheusUrl: url,
    alertmanagerUrl: url,
    elasticsearchUrl: url,
    timeoutMs: 300,
  });
});
afterAll(async () => {
  await preview.stop();
  await slow.stop();
  silent.close();
});

/**
 * Sends the path and the host as they are, without what a browser or fetch would tidy up in the path or the
 * host.
 */
async function send(
  path: string,
  { method = 'GET', headers = {}, body = '' }: Sent = {},
  { port } = preview,
) {
  const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false }).end(body);
  const [answer] = await once(sent, 'response');
  return { status: answer.statusCode, headers: answer.headers, text: await text(answer) };
}

const json = { 'content-type': 'application/json' };
const aQuery = JSON.stringify({ queries: [{ expr: 'up', at: 1000 }] });
const aSearch = JSON.stringify({ q: 'a', from: 1, to: 2 });

test.each<[string, Sent, number, string]>([
  ['/nowhere', {}, 404, 'There is nothing at /nowhere.'],
  ['/d/nowhere', {}, 404, 'There is no dashboard "nowhere". There are: golden-signals, '],
  ['/runbooks/Nothing.md', {}, 404, 'There is no runbook "Nothing". There are: '],
  ['/api/dashboards/nowhere', {}, 404, 'There is no dashboard'],
  ...['http://[/', 'http://a:b/', 'http://user@host/alerts', '*'].map(
    (target): [string, Sent, number, string] => [target, {}, 400, 'neither a path nor a URL'],
  ),
  ['http://127.0.0.1/nowhere', {}, 404, 'There is nothing at /nowhere.'],
  ['http://evil.example/alerts', {}, 403, 'asked for by its IP address or as localhost'],
  ['/alerts', { headers: { host: 'LOCALHOST:99999' } }, 403, 'asked for by its IP address or as localhost'],
  ...[
    'Application/JSON',
    'application/json ; charset=utf-8',
    'APPLICATION/json;Charset="UTF-8"',
    'application/json;',
  ].map((type): [string, Sent, number, string] => [
    '/api/queries',
    { method: 'POST', headers: { 'content-type': type }, body: '{}' },
    400,
    'a list of 1 to 100 queries',
  ]),
  ['/logs', { method: 'DELETE' }, 405, '/logs takes GET, and not DELETE.'],
  ['/api/queries', {}, 405, '/api/queries takes POST, and not GET.'],
  ['/api/alerts', { method: 'POST' }, 405, 'takes GET'],
  ['/api/queries', { method: 'POST', body: aQuery }, 415, 'Send application/json'],
  ['/api/queries', { method: 'POST', headers: json, body: '{' }, 400, 'The body is no JSON.'],
  ['/api/queries', { method: 'POST', headers: json, body: '{}' }, 400, 'a list of 1 to 100 queries'],
  [
    '/api/queries',
    { method: 'POST', headers: json, body: '{"queries":[{"expr":"up"}]}' },
    400,
    'Query 1 has to have a time',
  ],
  [
    '/api/queries',
    { method: 'POST', headers: json, body: '{"queries":[{"at":1}]}' },
    400,
    'Query 1 has to have an expr',
  ],
  [
    '/api/queries',
    { method: 'POST', headers: json, body: '{"queries":[{"expr":"up","from":0,"to":20000000,"step":1000}]}' },
    400,
    'more than 11000 points',
  ],
  ['/api/queries', { method: 'POST', headers: json, body: `"${'x'.repeat(600_000)}"` }, 413, 'longer than'],
  ['/api/logs', { method: 'POST', headers: json, body: '{"q":""}' }, 400, 'a q of 1 to 2000 characters'],
  ['/api/logs', { method: 'POST', headers: json, body: '{"q":"a","from":2,"to":1}' }, 400, 'from and to'],
  ['/api/logs', { method: 'POST', headers: json, body: aSearch }, 502, 'does not answer'],
  ['/api/labels?label=a/../b&start=1&end=2', {}, 400, 'is no name of a label.'],
  ['/api/labels?label=job&start=1&end=2', {}, 502, 'Prometheus at http://127.0.0.1:9 does not answer.'],
])('%s with %j answers %d with a sentence', async (path, sent, status, sentence) => {
  const answer = await send(path, sent);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(sentence);
});

test('where Prometheus is away, each query says so, and alerts say who could not be asked', async () => {
  const queries = await send('/api/queries', { method: 'POST', headers: json, body: aQuery });
  expect(JSON.parse(queries.text)).toEqual([
    { error: 'Prometheus at http://127.0.0.1:9 does not answer. Does it run? See make status.' },
  ]);
  const alerts = JSON.parse((await send('/api/alerts')).text);
  expect(alerts).toEqual({
    alerts: [],
    problems: [expect.stringContaining('Alertmanager at'), expect.stringContaining('Prometheus at')],
  });
});

test('an upstream that does not answer is given up, with a sentence', async () => {
  const queries = await send('/api/queries', { method: 'POST', headers: json, body: aQuery }, slow);
  expect(queries.text).toContain('did not answer within 0.3 s');
  expect((await send('/api/labels?label=job&start=1&end=2', {}, slow)).status).toBe(504);
  expect((await send('/api/logs', { method: 'POST', headers: json, body: aSearch }, slow)).status).toBe(502);
  expect((await send('/api/alerts', {}, slow)).text).toContain('did not answer within 0.3 s');
});

test.each([
  '/../package.json',
  '/assets/../../package.json',
  '/assets/..%2f..%2fpackage.json',
  '/d/..%2f..%2fpackage.json',
  '/runbooks/../../package.json',
  '/runbooks/..%2f..%2fREADME.md',
  '/api/runbooks/..%2f..%2fREADME',
  '/api/dashboards/..%2f..%2f..%2fpackage',
  '//etc/passwd',
  '/%00',
  '/api/queries/../../../api/v1/admin/tsdb/delete_series',
])('%s leads nowhere', async (path) => {
  const { status, text: answer } = await send(path);
  expect(status).toBe(404);
  expect(answer).not.toContain('sightline"');
});

test.each(['evil.example', 'evil.example:3001', '127.0.0.1.evil.example', 'localhost.evil.example'])(
  'nobody reads it under the name "%s", which may be pointed at this address',
  async (host) => {
    const answer = await send('/api/site', { headers: { host } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).not.toContain('golden-signals');
  },
);

test.each(['127.0.0.1', '127.0.0.1:3001', 'localhost:1', '[::1]:3001'])(
  '%s is a host that it answers',
  async (host) => {
    expect((await send('/api/site', { headers: { host } })).status).toBe(200);
  },
);

test('pages of other sites may lead here, and may not read here', async () => {
  const headers = { 'sec-fetch-site': 'cross-site' };
  expect((await send('/api/site', { headers })).status).toBe(403);
  expect(
    (await send('/api/queries', { method: 'POST', headers: { ...json, ...headers }, body: aQuery })).status,
  ).toBe(403);
  expect((await send('/d/api', { headers })).status).toBe(200);
});

test('every answer has the strict policy, and no address of another machine', async () => {
  for (const path of ['/', '/d/api', '/api/site', '/nowhere', '/alerts']) {
    const { headers } = await send(path);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; /,
    );
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
  }
});

test('the script and the style are found by what is in them, and kept by the browser', async () => {
  const { text: html } = await send('/d/api');
  const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(paths).toHaveLength(2);
  for (const path of paths) {
    const { status, headers } = await send(path);
    expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
  }
});

test('no more work is done at once than is allowed, and all of it is done', async () => {
  const limited = limiter(3);
  let running = 0;
  let max = 0;
  const done = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) =>
      limited(async () => {
        running += 1;
        max = Math.max(max, running);
        await Promise.resolve();
        running -= 1;
        if (index % 5 === 0) throw new Error('one that fails');
        return index;
      }),
    ),
  );
  expect(max).toBe(3);
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
});

test('a wrong setting stops the start with a sentence that names it', () => {
  const good = {
    PAGE_PORT: '3001',
    PROMETHEUS_URL: 'http://127.0.0.1:9090/',
    ALERTMANAGER_URL: 'http://127.0.0.1:9093',
    ELASTICSEARCH_URL: 'http://127.0.0.1:9200',
    SCRAPE_INTERVAL_SECONDS: '5',
  };
  expect(readPageSettings(good)).toMatchObject({
    port: 3001,
    prometheusUrl: 'http://127.0.0.1:9090',
    scrapeMs: 5000,
  });
  expect(() => readPageSettings({ ...good, PAGE_PORT: '0' })).toThrow('PAGE_PORT is "0"');
  expect(() => readPageSettings({ ...good, PROMETHEUS_URL: 'file:///etc/passwd' })).toThrow(
    'PROMETHEUS_URL is "file:',
  );
  expect(() => readPageSettings({ ...good, ALERTMANAGER_URL: 'http://u:p@h' })).toThrow('without user');
  expect(() => readPageSettings({ ...good, SCRAPE_INTERVAL_SECONDS: '' })).toThrow(
    'SCRAPE_INTERVAL_SECONDS is not set',
  );
});
