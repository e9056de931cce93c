import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type RunningProgram, startReceiver } from '@sightline/testkit/programs.ts';
import { tool } from '@sightline/tools/tools.ts';
import { parse } from 'yaml';
import { prometheusFlags } from '../prometheus/configuration.ts';
import { environments, jobs, scrapeIntervalSeconds } from '../prometheus/jobs.ts';
import { missingTools, newFolder, startPrometheus, writeTargets } from './support/programs.ts';

const root = resolve(import.meta.dirname, '../..');
const generated = resolve(import.meta.dirname, '../prometheus/generated');
const withTools = missingTools === undefined ? test : test.skip;
const because = missingTools === undefined ? '' : ` (skipped: ${missingTools})`;

test('every job that a panel or a rule asks for is scraped somewhere', () => {
  const known = new Set(['blackbox', ...jobs.map(({ name }) => name)]);
  const folders = ['dashboards/generated/*.json', 'alerts/generated/*.rules.yaml'];
  const asked = folders
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\bjob=\\?"([^"\\$]+)/g)].map(
        ([, job = '']) => `${file}: ${job}`,
      ),
    );
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.filter((each) => !known.has(each.replace(/.*: /, '')))).toEqual([]);
});

withTools.each(environments)(
  `promtool finds nothing wrong with the configuration for %s${because}`,
  async (environment) => {
    const folder = newFolder();
    try {
      cpSync(join(generated, `${environment}.yaml`), join(folder, 'prometheus.yaml'));
      // A file of targets that isn't there is right natively, and a warning to promtool.
      const text = readFileSync(join(generated, `${environment}.yaml`), 'utf8');
      mkdirSync(join(folder, 'targets'));
      for (const [, name] of text.matchAll(/targets\/(\S+)\.json/g))
        writeFileSync(
          join(folder, 'targets', `${name}.json`),
          '[{ "targets": ["127.0.0.1:1"], "labels": { "__exporter": "127.0.0.1:1" } }]',
        );
      const checked = spawnSync(
        await tool('promtool'),
        ['check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yaml'],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
      expect({ status: checked.status, says: checked.stdout + checked.stderr }).toEqual({
        status: 0,
        says: expect.not.stringContaining('WARNING'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test.each(environments)(
  'retention for %s is longer than the 30 days of the error budget, and its size is bounded',
  (environment) => {
    const { storage, global } = parse(readFileSync(join(generated, `${environment}.yaml`), 'utf8'));
    expect(Number.parseInt(storage.tsdb.retention.time, 10)).toBeGreaterThan(32);
    expect(storage.tsdb.retention.size).toMatch(/^\d+GB$/);
    expect(global.scrape_interval).toBe(`${scrapeIntervalSeconds[environment]}s`);
  },
);

const withPrometheus = missingTools === undefined ? describe : describe.skip;
withPrometheus(`a real Prometheus on the native configuration${because}`, () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const openMetrics = [
    '# TYPE test_duration_seconds histogram',
    `test_duration_seconds_bucket{le="0.1"} 3 # {trace_id="${traceId}"} 0.05`,
    'test_duration_seconds_bucket{le="+Inf"} 4',
    'test_duration_seconds_count 4',
    'test_duration_seconds_sum 1.5',
    '# EOF',
    '',
  ].join('\n');
  let target: Awaited<ReturnType<typeof startReceiver>>;
  let prometheus: RunningProgram;

  beforeAll(async () => {
    target = await startReceiver((path) =>
      path.startsWith('/probe')
        ? { body: 'probe_success 1\n', type: 'text/plain; version=0.0.4' }
        : { body: openMetrics, type: 'application/openmetrics-text; version=1.0.0; charset=utf-8' },
    );
    prometheus = await startPrometheus(prometheusFlags, {
      'todo-api': { targets: [target.address] },
      blackbox: {
        targets: ['http://127.0.0.1:3000/health/ready'],
        labels: { __exporter: target.address },
      },
    });
  });
  afterAll(async () => {
    await prometheus?.stop();
    target?.stop();
  });

  const query = async (path: string) => {
    const response = await fetch(`${prometheus.url}${path}`);
    return ((await response.json()) as { data: unknown }).data;
  };
  const value = async (expression: string) => {
    const data = (await query(`/api/v1/query?query=${encodeURIComponent(expression)}`)) as {
      result: { value: [number, string] }[];
    };
    return data.result.map((series) => series.value[1]);
  };

  test('scrapes what the files of targets name, each job under its own name', async () => {
    await eventually(async () => (await value('up{job="todo-api"}'))[0] === '1');
    expect(await value(`up{job="todo-api", instance="${target.address}"}`)).toEqual(['1']);
    expect(await value('test_duration_seconds_count{job="todo-api"}')).toEqual(['4']);
  });

  test('keeps the exemplars of a scrape', async () => {
    const end = () => Math.floor(Date.now() / 1000) + 60;
    await eventually(async () => {
      const found = await query(
        `/api/v1/query_exemplars?query=test_duration_seconds_bucket&start=0&end=${end()}`,
      );
      return JSON.stringify(found).includes(traceId);
    });
  });

  test('has the exporter probe an address, and names the address, not the exporter, as the instance', async () => {
    await eventually(async () => (await value('probe_success')).length === 1);
    expect(
      await value('probe_success{job="blackbox", instance="http://127.0.0.1:3000/health/ready"}'),
    ).toEqual(['1']);
    const probe = target.requests.find(({ path }) => path.startsWith('/probe'))?.path ?? '';
    expect(Object.fromEntries(new URL(probe, 'http://exporter').searchParams)).toEqual({
      module: 'http_2xx',
      target: 'http://127.0.0.1:3000/health/ready',
    });
  });

  test('takes up a component whose file of targets appears, and until then has no target that is down', async () => {
    expect(await value('up{job="log-shipper"}')).toEqual([]);
    writeTargets(prometheus.folder, 'log-shipper', { targets: [target.address] });
    await eventually(async () => (await value('up{job="log-shipper"}'))[0] === '1');
  });

  test('lets no web page read what it has', async () => {
    const { headers } = await fetch(`${prometheus.url}/api/v1/query?query=up`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('takes metrics by remote write', async () => {
    const response = await fetch(`${prometheus.url}/api/v1/write`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      // An empty request, compressed by snappy: its length, 0.
      body: new Uint8Array([0]),
    });
    expect(response.status).toBe(204);
  });
});
