/**
 * Grafana and Kibana can't be had where the tests run: servers that answer as their APIs do take their places. What is shown
 * here is that the checks notice; that the real ones answer so is for ci.yml.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { searches } from '@sightline/logging/kibana/searches.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Asked, answering, run, temporaryFolder } from './support.ts';

const generated = (uid: string) =>
  JSON.parse(readFileSync(join(checkout, 'dashboards/generated', `${uid}.json`), 'utf8')) as {
    panels: { targets?: { expr: string }[] }[];
  };

const success = (data: unknown) => ({ body: { status: 'success', data } });

/** The answers of a Prometheus with one series, by way of Grafana. */
function prometheusAnswer({ url, body }: Asked) {
  if (url.pathname.endsWith('/values')) return success(['todo-api']);
  const query = new URLSearchParams(body).get('query');
  if (query?.includes('broken(')) return { status: 400, body: { status: 'error', error: 'parse error' } };
  const isRange = url.pathname.endsWith('/query_range');
  const value = [1, '1'];
  const result = [{ metric: { job: 'todo-api' }, ...(isRange ? { values: [value] } : { value }) }];
  return success({ resultType: isRange ? 'matrix' : 'vector', result });
}

/** The answers of each data source but Prometheus, by way of Grafana; a test changes one. */
const sources: Readonly<Record<string, unknown>> = {
  '/alertmanager/api/v2/alerts': [{ labels: { alertname: 'Watchdog' } }],
  '/logs/logs-todo-default/_search': { hits: { total: { value: 12 } } },
  '/traces/api/services': { data: ['todo-api'] },
};

describe('the check of Grafana', () => {
  const grafana = (
    dashboardOf: (uid: string) => unknown,
    prometheus = prometheusAnswer,
    others: Readonly<Record<string, unknown>> = sources,
  ) =>
    answering((asked) => {
      const { pathname } = asked.url;
      if (asked.headers.authorization !== `Basic ${btoa('admin:secret')}`) return { status: 401, body: {} };
      const [, uid] = /^\/api\/dashboards\/uid\/([\w-]+)$/.exec(pathname) ?? [];
      if (uid !== undefined) {
        const dashboard = dashboardOf(uid);
        return dashboard === undefined
          ? { status: 404, body: { message: 'Dashboard not found' } }
          : { body: { meta: {}, dashboard } };
      }
      const other = others[pathname.replace('/api/datasources/proxy/uid', '')];
      if (other !== undefined) return { body: other };
      return pathname.startsWith('/api/datasources/proxy/uid/prometheus/api/v1/')
        ? prometheus(asked)
        : { status: 404, body: 'no such path' };
    });

  async function check(url: string) {
    using folder = temporaryFolder();
    const file = join(folder.path, 'password');
    writeFileSync(file, 'secret\n');
    return await run('e2e/docker/grafana-check.ts', [], {
      env: { GRAFANA_URL: url, GRAFANA_PASSWORD_FILE: file },
    });
  }

  test('passes when each dashboard is there and each query is answered', async () => {
    await using server = await grafana(generated);
    const { code, output } = await check(server.url);
    expect({ code, output }).toEqual({ code: 0, output: expect.not.stringContaining('FAILED') });
    expect(output).toMatch(/^ok {6}slo: \d\d+ queries by way of Grafana$/m);
    expect(output).toMatch(/^ok {6}the data source logs: 12 lines of requests$/m);
    // Four data sources and eight dashboards.
    expect(output.trim().split('\n')).toHaveLength(4 + 8);
  });

  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['has none', { '/traces/api/services': undefined }, /the data source traces\n .* answers 404/],
    [
      'has nothing',
      { '/alertmanager/api/v2/alerts': [] },
      /the data source alertmanager\n .*it has no alerts/,
    ],
    [
      'is something else',
      { '/logs/logs-todo-default/_search': {} },
      /the data source logs\n .*something else: \{\}/,
    ],
  ])('names a data source that %s', async (_, changed, said) => {
    await using server = await grafana(generated, prometheusAnswer, { ...sources, ...changed });
    const { code, output } = await check(server.url);
    expect(code).toBe(1);
    expect(output).toMatch(said);
    expect(output.match(/FAILED/g)).toHaveLength(1);
  });

  test('names a dashboard that Grafana lacks', async () => {
    await using server = await grafana((uid) => (uid === 'slo' ? undefined : generated(uid)));
    const { code, output } = await check(server.url);
    expect(code).toBe(1);
    expect(output).toMatch(
      /FAILED {2}slo: .*\n.*\/api\/dashboards\/uid\/slo answers 404: .*Dashboard not found/,
    );
    expect(output.match(/FAILED/g)).toHaveLength(1);
  });

  test('names the query that Grafana changed, and the one that its data source refuses', async () => {
    await using server = await grafana((uid) => {
      const dashboard = generated(uid);
      const target = dashboard.panels.flatMap(({ targets = [] }) => targets)[0];
      if (uid === 'api' && target !== undefined) target.expr = 'broken(';
      return dashboard;
    });
    const { code, output } = await check(server.url);
    expect(code).toBe(1);
    expect(output).toMatch(/has not in Grafana: .+ A: .+/);
    expect(output).toMatch(/panel ".+", query A: parse error/);
  });

  test('notices a data source that is another Prometheus', async () => {
    await using server = await grafana(generated, (asked) => {
      const { pathname } = asked.url;
      return pathname.endsWith('/values')
        ? success(['todo-api'])
        : success({ resultType: 'vector', result: [] });
    });
    const { code, output } = await check(server.url);
    expect(code).toBe(1);
    expect(output).toContain('shows nothing at all.');
  });

  test('says what to set when Grafana wants to know who we are, and where it was looked for', async () => {
    await using server = await grafana(generated);
    const { code, output } = await run('e2e/docker/grafana-check.ts', [], {
      env: { GRAFANA_URL: server.url },
    });
    expect(code).toBe(1);
    expect(output).toMatch(/does not let somebody without a password in \(401\): set GRAFANA_PASSWORD_FILE/);
    expect((await check('http://127.0.0.1:1')).output).toMatch(/http:\/\/127\.0\.0\.1:1 does not answer: /);
  });
});

describe('the check of Kibana', () => {
  interface Export {
    readonly objects: readonly { readonly id: string }[];
  }
  const queryOf = (id: string) => searches.find((search) => search.id === id)?.query;

  const inTabs = (attributes: object) => ({ tabs: [{ id: '1', label: 'Untitled', attributes }] });

  const kibana = (
    lines: number,
    exportedQuery = queryOf,
    { asExported = (attributes: object) => attributes, lost = '' } = {},
  ) =>
    answering(({ method, url, headers, body }) => {
      if (method !== 'POST' || headers['kbn-xsrf'] === undefined) return { status: 400, body: 'no kbn-xsrf' };
      if (url.pathname === '/api/saved_objects/_export') {
        const { objects } = JSON.parse(body) as Export;
        const exported = objects
          .filter(({ id }) => id !== lost)
          .map(({ id }) => {
            const source = JSON.stringify({ query: { query: exportedQuery(id), language: 'lucene' } });
            const attributes = { kibanaSavedObjectMeta: { searchSourceJSON: source } };
            return JSON.stringify({ id, type: 'search', attributes: asExported(attributes) });
          });
        return { body: exported.join('\n') };
      }
      const path = url.searchParams.get('path');
      if (url.pathname !== '/api/console/proxy' || !path?.startsWith('/logs-todo-default/_search'))
        return { status: 404, body: 'no such path' };
      return { body: { hits: { total: { value: lines } } } };
    });

  const check = (url: string) => run('e2e/docker/kibana-check.ts', [], { env: { KIBANA_URL: url } });

  test.each([
    ['until 9.3', undefined],
    ['from 9.4 on', inTabs],
  ])(
    'passes when each saved search is as it was imported and is answered, %s',
    async (_release, asExported) => {
      await using server = await kibana(12, queryOf, { asExported });
      const { code, output } = await check(server.url);
      expect({ code, lines: output.trim().split('\n') }).toEqual({
        code: 0,
        lines: searches.map(({ title }) => expect.stringContaining(`ok      ${title}: 12 lines`)),
      });
    },
  );

  test('names a search that has another query there', async () => {
    const changed = searches[0]?.id;
    await using server = await kibana(12, (id) => (id === changed ? '*' : queryOf(id)));
    const { code, output } = await check(server.url);
    expect(code).toBe(1);
    expect(output).toContain(`FAILED  ${searches[0]?.title}`);
    expect(output.match(/FAILED/g)).toHaveLength(1);
  });

  test('names what was not imported', async () => {
    await using server = await kibana(12, queryOf, { lost: 'logs-todo-overview' });
    const { code, output } = await check(server.url);
    expect(code).toBe(1);
    expect(output).toContain('FAILED  Kibana has no dashboard logs-todo-overview: make kibana-import');
    expect(output.match(/FAILED/g)).toHaveLength(1);
  });

  test('fails when no line comes at all, or Kibana is away', async () => {
    await using server = await kibana(0);
    expect(await check(server.url)).toMatchObject({
      code: 1,
      output: expect.stringContaining('no line at all'),
    });
    expect(await check('http://127.0.0.1:1')).toMatchObject({
      code: 1,
      output: expect.stringContaining('http://127.0.0.1:1 does not answer'),
    });
  });
});

describe('the way of one request', () => {
  const [requestId, traceId] = ['0b9c', 'ab'.repeat(16)];
  const line = {
    'http.request.id': requestId,
    'trace.id': traceId,
    container: { id: 'c' },
    log: { offset: 7 },
  };
  const trace = {
    data: [
      {
        spans: [{ traceID: traceId, operationName: 'GET /v1/todos' }],
        processes: { p1: { serviceName: 'todo-api' } },
      },
    ],
  };

  /** The API, Kibana, Jaeger and Grafana, all in one: each at its own paths. */
  function everything({
    lines = [line],
    flags = '01',
    seen = trace,
  }: {
    lines?: object[];
    flags?: string;
    seen?: object;
  }) {
    return answering(({ url }) => {
      if (url.pathname === '/v1/todos')
        return {
          status: 401,
          headers: { 'x-request-id': requestId, traceresponse: `00-${traceId}-${'cd'.repeat(8)}-${flags}` },
          body: {},
        };
      if (url.pathname === '/api/console/proxy')
        return { body: { hits: { hits: lines.map((_source) => ({ _source })) } } };
      return url.pathname.endsWith(`/api/traces/${traceId}`)
        ? { body: seen }
        : { status: 404, body: 'no such path' };
    });
  }

  const follow = (url: string) =>
    run('e2e/docker/follow-request.ts', [], {
      env: { API_URL: url, KIBANA_URL: url, JAEGER_URL: url, GRAFANA_URL: url },
    });

  test('is followed from its answer to its line and its trace, by Jaeger and by Grafana', async () => {
    await using server = await everything({});
    const { code, output } = await follow(server.url);
    expect({ code, said: output.trim().split('\n') }).toEqual({
      code: 0,
      said: [
        `ok      the API answered the request ${requestId} of the trace ${traceId}`,
        'ok      Kibana finds its line, once, which Filebeat read and Logstash sent on',
        'ok      Jaeger has its trace: 1 spans of todo-api',
        'ok      Grafana has its trace: 1 spans of todo-api',
      ],
    });
  });

  test.each<[string, Parameters<typeof everything>[0], RegExp]>([
    [
      'no trace is kept',
      { flags: '00' },
      /without a trace that is kept .*COMPONENTS=core,metrics,logs,traces/,
    ],
    ['the line is there twice', { lines: [line, line] }, /it is there 2 times/],
    [
      'the line is of another trace',
      { lines: [{ ...line, 'trace.id': 'x' }] },
      /its trace\.id is x, not abab/,
    ],
    ['another way brought the line', { lines: [{ ...line, log: {} }] }, /no container\.id and log\.offset/],
    ['the line went past Logstash', { lines: [{ ...line, agent: {} }] }, /it has `agent`/],
    [
      'the trace is of somebody else',
      { seen: { data: [{ ...trace.data[0], processes: { p1: { serviceName: 'another' } } }] } },
      /Jaeger has the trace ab.* with 1 spans of another/,
    ],
  ])('is said to be lost when %s', async (_, changed, said) => {
    await using server = await everything(changed);
    const { code, output } = await follow(server.url);
    expect(code).toBe(1);
    expect(output).toMatch(said);
  });
});
