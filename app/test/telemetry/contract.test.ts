import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type {
  LogEvent,
  LogField,
  Matcher,
  MetricSignal,
  Selectors,
  Slo,
} from '@sightline/contract/signal.ts';
import { logEvents, logFields, metrics, routeClasses, slos } from '@sightline/contract/signals.ts';
import { createMetrics } from '@sightline/telemetry/metrics.ts';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { metricOf, parseSeries, problemsOfLine, problemsOfSamples } from '@sightline/testkit/signal-check.ts';
import { tool, whyMissing } from '@sightline/tools/tools.ts';
import { apiRoutes } from '../../src/app.ts';
import { createHealth } from '../../src/health/health.ts';
import { emitRuntimeMetrics } from '../../src/telemetry/runtime-metrics.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const missing = whyMissing('promtool');
const testWithPromtool = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

const allMetrics = Object.entries<MetricSignal>(metrics);
const allSlos = Object.entries<Slo>(slos);
const classes = routeClasses as Readonly<Record<string, Selectors>>;

const meets = (labels: Readonly<Record<string, string>>, [label, operator, value]: Matcher) => {
  const given = labels[label] ?? '';
  const matches = operator.includes('~') ? new RegExp(`^(?:${value})$`).test(given) : given === value;
  return operator.startsWith('!') ? !matches : matches;
};
/** How many of the selections take a series. */
const selections = (selectors: Selectors, labels: Readonly<Record<string, string>>) =>
  selectors.filter((matchers) => matchers.every((matcher) => meets(labels, matcher))).length;

describe('the contract', () => {
  let api: TestApi;
  let endpoints: { method: string; route: string }[];
  beforeAll(async () => {
    api = await startApi();
    const health = createHealth(api.lifecycle, { up: true, migrated: true, detail: '', since: '' });
    const routes = apiRoutes({
      ...api.telemetry,
      config: api.config,
      knex: api.knex,
      tokens: api.tokens,
      health,
    });
    endpoints = routes.map(({ method, path }) => ({ method: method.toUpperCase(), route: path }));
  });
  afterAll(() => api.stop());

  test('compiles no misspelt name, label or value', () => {
    const { log, metrics: instruments } = api.telemetry;
    const misspelt = () => {
      // @ts-expect-error no such metric
      instruments.count('htp_requests_total', {});
      // @ts-expect-error no such label
      instruments.count('rate_limit_rejections_total', { limit: 'ip' });
      // @ts-expect-error no such value
      instruments.count('rate_limit_rejections_total', { limiter: 'everyone' });
      // @ts-expect-error a label is missing
      instruments.count('auth_attempts_total', { method: 'password' });
      // @ts-expect-error a gauge is not counted
      instruments.count('db_up', {});
      // @ts-expect-error of another program
      instruments.set('log_shipper_lag_bytes', {}, 1);
      // @ts-expect-error no such event
      log.write('todo-lost');
      // @ts-expect-error no such field
      log.write('todo-created', { 'labels.todo': '1' });
      // @ts-expect-error a field of another event
      log.write('todo-created', { 'labels.rows': 1 });
      // @ts-expect-error no number
      log.write('maintenance-done', { 'labels.rows': 'many' });
    };
    expect(misspelt).toBeInstanceOf(Function);
  });

  test.each(allMetrics)(
    'names %s as Prometheus practice has it',
    (name, { type, unit, help, labels, buckets }) => {
      expect(name).toMatch(/^[a-z][a-z0-9_]*[a-z0-9]$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (unit === 'seconds') expect(name).toMatch(/_seconds(_total)?$/);
      if (unit === 'bytes') expect(name).toMatch(/_bytes$/);
      if (unit === 'unix_seconds') expect(name).toMatch(/_(timestamp|time)_seconds$/);
      expect(help).toMatch(/\.$|^.* 1\.$/);
      for (const label of Object.keys(labels)) expect(label).not.toMatch(/^(le|job|instance)$/);
      expect(buckets !== undefined).toBe(type === 'histogram');
      expect(buckets?.length ?? 0).toBeLessThanOrEqual(12);
      expect(buckets ?? []).toEqual([...(buckets ?? [])].sort((a, b) => a - b));
    },
  );

  test.each(Object.entries<LogEvent>(logEvents))(
    'event %s has declared fields and a sentence',
    (_name, { fields, message }) => {
      expect(fields.filter((field) => !(field in logFields))).toEqual([]);
      expect(new Set(fields).size).toBe(fields.length);
      expect(message).not.toBe('');
    },
  );

  test.each(Object.entries<LogField>(logFields))(
    'field %s has an example of its type',
    (_name, { type, example }) => {
      expect(typeof example === 'number').toBe(type === 'long' || type === 'double');
    },
  );

  test('puts each route of the API into one latency class, and no other route', () => {
    for (const { method, route } of endpoints) {
      const inSlo = route.startsWith('/v1/') || route === '/.well-known/jwks.json';
      const labels = { method, route };
      expect([route, selections(classes['api'] ?? [], labels)]).toEqual([route, inSlo ? 1 : 0]);
      const latency = selections(classes['fast'] ?? [], labels) + selections(classes['slow'] ?? [], labels);
      expect([method, route, latency]).toEqual([method, route, inSlo ? 1 : 0]);
    }
    expect(selections(classes['api'] ?? [], { method: 'GET', route: 'unmatched' })).toBe(0);
  });

  test.each(allSlos)('SLO %s can be told from the metrics', (_name, slo) => {
    expect(slo.objective).toBeGreaterThan(0);
    expect(slo.objective).toBeLessThan(1);
    for (const { metric, matchers } of [slo.total, slo.good]) {
      const declared = (metrics as Readonly<Record<string, MetricSignal>>)[metricOf(metric)];
      expect(declared?.initialised).toBe('routes');
      for (const [label, , value] of matchers) {
        if (label === 'le') expect(declared?.buckets).toContain(Number(value.split('|')[0]));
        else expect(Object.keys(declared?.labels ?? {})).toContain(label);
      }
    }
  });

  test('every series that an SLO counts is there before the first request, the bad ones too', async () => {
    await using fresh = await startApi();
    const series = [...(await fresh.samples()).keys()].map(parseSeries);
    for (const [, { routeClass, total, good }] of allSlos) {
      const of = ({ metric, matchers }: Slo['total'], { method, route }: { method: string; route: string }) =>
        series.filter(
          ({ name, labels }) =>
            name === metric &&
            labels['method'] === method &&
            labels['route'] === route &&
            matchers.every((matcher) => meets(labels, matcher)),
        ).length;
      for (const endpoint of endpoints.filter((each) => selections(classes[routeClass] ?? [], each) > 0)) {
        expect(of(good, endpoint)).toBeGreaterThan(0);
        expect(of(total, endpoint)).toBeGreaterThan(of(good, endpoint));
      }
    }
  });

  test('a line or a series that is not declared is found', () => {
    const line = { ...api.logLines()[0] };
    expect(problemsOfLine(`${JSON.stringify(line)}\n`)).toEqual([]);
    expect(problemsOfLine(`${JSON.stringify({ ...line, colour: 'red' })}\n`)).toHaveLength(1);
    expect(problemsOfLine(`${JSON.stringify({ ...line, 'event.action': 'danced' })}\n`)).toHaveLength(1);
    expect(problemsOfLine(`${JSON.stringify({ ...line, 'labels.rows': 3 })}\n`)).toHaveLength(1);
    expect(problemsOfLine(`${JSON.stringify({ ...line, 'event.sequence': 'three' })}\n`)).toHaveLength(1);
    const found = (series: string) => problemsOfSamples(new Map([[series, 1]])).length;
    expect(found('db_up')).toBe(0);
    expect(found('db_uptime')).toBe(1);
    expect(found('db_up{colour="red"}')).toBe(1);
    expect(found('rate_limit_rejections_total{limiter="everyone"}')).toBe(1);
    expect(found('log_shipper_lag_bytes')).toBe(1);
  });

  test('all metrics of the API are in a scrape but those that need a setting', async () => {
    const stop = emitRuntimeMetrics(api.telemetry);
    const { text } = await api.telemetry.metrics.scrape();
    stop();
    const scraped = new Set([...samplesOf(text).keys()].map((series) => metricOf(parseSeries(series).name)));
    const missing = allMetrics
      .filter(
        ([name, { emitter, onlyWith }]) =>
          emitter === 'api' && onlyWith !== 'REDIS_URL' && !scraped.has(name),
      )
      .map(([name]) => name);
    // Told by a job that hasn't run yet.
    expect(missing).toEqual(['maintenance_last_success_timestamp_seconds']);
  });

  test.each(['openmetrics', 'prometheus'] as const)('is answered in the format %s', async (format) => {
    const instruments = createMetrics(format);
    instruments.observe(
      'http_request_duration_seconds',
      { method: 'GET', route: '/v1/todos', status_class: '2xx' },
      0.07,
      { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
    );
    // Twice: what the library does to names in a scrape must not show in the next.
    const [first, second] = [await instruments.scrape(), await instruments.scrape()];
    expect(second.text).toBe(first.text);
    expect(first.contentType).toContain(
      format === 'openmetrics' ? 'application/openmetrics-text' : 'text/plain',
    );
    expect(first.text.includes('# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"')).toBe(
      format === 'openmetrics',
    );
    expect(first.text.endsWith('# EOF\n')).toBe(format === 'openmetrics');
    expect(first.text).toContain('log_events_total{level="info"} 0');
  });

  testWithPromtool(`promtool has nothing against the metrics${because}`, async () => {
    const telemetry = createTestTelemetry({ METRICS_FORMAT: 'prometheus' });
    const stop = emitRuntimeMetrics(telemetry);
    const { text } = await telemetry.metrics.scrape();
    stop();
    const child = spawn(await tool('promtool'), ['check', 'metrics']);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => (output += part));
    child.stdin.end(text);
    const [code] = await once(child, 'close');
    expect({ code, output }).toEqual({ code: 0, output: '' });
  });
});
