import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ApiProcess, startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { type LogLine, samplesOf } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { metricOf, noteMoved, parseSeries, problemsOfSamples } from '@sightline/testkit/signal-check.ts';
import { client } from '../support/api.ts';

describe('what a process tells about itself', () => {
  let database: TestDatabase;
  const running: ApiProcess[] = [];
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
    await database.drop();
  });

  async function start(environment: Record<string, string> = {}): Promise<ApiProcess> {
    const api = await startApiProcess({ DATABASE_URL: database.url, ...environment });
    running.push(api);
    return api;
  }
  const linesOf = ({ output }: Pick<ApiProcess, 'output'>): LogLine[] =>
    output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));

  test('is numbered without a gap from its first line to its last, under an id of its own', async () => {
    const [one, other] = [await start(), await start()];
    const send = client(one.url);
    await Promise.all(Array.from({ length: 50 }, () => send('GET', '/health/live')));
    for (const { child, ended } of [one, other]) {
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
    const lines = linesOf(one);
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.map((line) => line['event.sequence'])).toEqual(lines.map((_, n) => n + 1));
    const boots = new Set(
      [...lines, ...linesOf(other)].map((line) => String(line['event.id']).split('-')[0]),
    );
    expect(boots.size).toBe(2);
    expect(lines[0]).toMatchObject({ 'event.action': 'configuration-weak', 'ecs.version': '9.2.0' });
    expect(lines.at(-1)).toMatchObject({ 'event.action': 'process-stopped', 'labels.connections_cut': 0 });
    expect(lines.at(-2)).toMatchObject({ 'event.action': 'process-stopping', 'event.reason': 'SIGTERM' });
  });

  test('is for people with LOG_FORMAT=pretty', async () => {
    const api = startProcess('main.ts', {
      DATABASE_URL: database.url,
      LOG_FORMAT: 'pretty',
      PORT: '0',
      MANAGEMENT_PORT: '0',
    });
    try {
      await eventually(() => api.output().includes('The service listens.'));
      expect(api.output()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO.*: The service listens\.$/m);
      expect(api.output()).toMatch(/^ {4}labels\.port: \d+$/m);
      expect(api.output()).not.toContain('ecs.version');
    } finally {
      api.child.kill('SIGKILL');
      await api.ended;
    }
  });

  test('gives no terminal what could deceive it with LOG_FORMAT=pretty', async () => {
    const fault =
      "setTimeout(() => { throw new Error('nobody\\u202e\\u001b[2J\\u009b caught this'); }, 2000)";
    const api = startProcess('main.ts', {
      DATABASE_URL: database.url,
      LOG_FORMAT: 'pretty',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(fault)}`,
    });
    expect(await api.ended).toBe(1);
    expect(api.output()).toContain('nobody\\u202e\\u001b[2J\\u009b caught this');
    expect(api.output()).not.toMatch(/[\u202e\u009b]/);
  });

  test('ends with the error that nothing caught, and exits with 1', async () => {
    const fault = "setTimeout(() => { throw new Error('nobody caught this'); }, 2000)";
    const api = await start({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(fault)}` });
    expect(await api.ended).toBe(1);
    expect(linesOf(api).at(-1)).toMatchObject({
      'event.action': 'process-failed',
      'log.level': 'fatal',
      'error.message': 'nobody caught this',
    });
  });

  test('is on the management port as metrics, each of which moves', async () => {
    const api = await start({ MAINTENANCE_INTERVAL_MS: '50' });
    expect(await startProcess('database/migrate.ts', { DATABASE_URL: database.url }).ended).toBe(0);
    const scrape = async () => {
      const response = await fetch(`${api.managementUrl}/metrics`);
      expect(response.headers.get('content-type')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
      return samplesOf(await response.text());
    };
    const stillIn = (samples: ReadonlyMap<string, number>) => {
      const moved = new Set(
        [...samples].filter(([, value]) => value !== 0).map(([series]) => metricOf(parseSeries(series).name)),
      );
      const own = [...samples.keys()].map((series) => metricOf(parseSeries(series).name));
      return [...new Set(own.filter((name) => /^(process|nodejs)_/.test(name) && !moved.has(name)))];
    };
    await eventually(async () => {
      const samples = await scrape();
      // An idle process collects no garbage for a while.
      return samples.has('maintenance_last_success_timestamp_seconds') && stillIn(samples).length === 0;
    }).catch(() => {});
    const samples = await scrape();
    expect(problemsOfSamples(samples)).toEqual([]);
    expect(stillIn(samples)).toEqual([]);
    expect([...samples.keys()]).toContain('maintenance_last_success_timestamp_seconds');
    noteMoved(samples);
  });

  test('shows a blocked event loop as the time that nothing ran', async () => {
    // A second in which the loop stands still swallows 50 punctual timers.
    const block = 'setTimeout(() => { const end = Date.now() + 1000; while (Date.now() < end); }, 1500)';
    const api = await start({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(block)}` });
    const late = async () => {
      const samples = samplesOf(await (await fetch(`${api.managementUrl}/metrics`)).text());
      const count = samples.get('nodejs_eventloop_delay_seconds_count') ?? 0;
      return count - (samples.get('nodejs_eventloop_delay_seconds_bucket{le="0.5"}') ?? 0);
    };
    await eventually(async () => (await late()) > 20);
    expect(await late()).toBeLessThan(100);
  });
});
