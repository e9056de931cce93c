import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '@sightline/app/test/support/api.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import type { RunningProgram } from '@sightline/testkit/programs.ts';
import { prometheusFlags } from '../prometheus/configuration.ts';
import { missingTools, startPrometheus } from './support/programs.ts';

const withPrometheus = missingTools === undefined ? describe : describe.skip;
const because = missingTools === undefined ? '' : ` (skipped: ${missingTools})`;

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

withPrometheus(`the API, scraped by a real Prometheus${because}`, () => {
  let api: TestApi;
  let prometheus: RunningProgram;
  beforeAll(async () => {
    api = await startApi({
      // Nobody takes the spans; what matters is that their trace is sampled.
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '200',
      OTEL_TRACES_SAMPLER_ARG: '1',
    });
    const target = new URL(api.managementUrl).host;
    prometheus = await startPrometheus(prometheusFlags, { 'todo-api': { targets: [target] } });
  });
  afterAll(async () => {
    await prometheus?.stop();
    await api?.stop();
  });

  async function ask<Data>(path: string): Promise<Data> {
    const response = await fetch(`${prometheus.url}/api/v1/${path}`);
    return ((await response.json()) as { data: Data }).data;
  }
  const query = async (expression: string) =>
    (await ask<{ result: Series[] }>(`query?query=${encodeURIComponent(expression)}`)).result;

  test('is counted, has exemplars of its traces, and writes bucket bounds as the SLOs select them', async () => {
    const { token } = await api.newUser();
    const { headers } = await api.send('GET', '/v1/todos', { token });
    const [, traceId] = (headers.get('traceresponse') ?? '').split('-');
    const counted = 'http_requests_total{job="todo-api",route="/v1/todos",method="GET",status="200"}';
    await eventually(async () => (await query(counted))[0]?.value[1] === '1');
    const range = `start=${Date.now() / 1000 - 120}&end=${Date.now() / 1000 + 60}`;
    const exemplars = await ask<{ exemplars: { labels: Record<string, string> }[] }[]>(
      `query_exemplars?query=http_request_duration_seconds_bucket&${range}`,
    );
    const traces = exemplars.flatMap((series) => series.exemplars.map(({ labels }) => labels['trace_id']));
    expect(traces).toContain(traceId);
    const slow = await query(
      'http_request_duration_seconds_bucket{le=~"1|1[.]0",route="/v1/sessions",method="POST"}',
    );
    expect(slow.map(({ metric }) => metric['status_class']).sort()).toEqual(['2xx', '5xx']);
    expect((await query('up{job="todo-api"}')).map(({ value }) => value[1])).toEqual(['1']);
    expect(await query('scrape_samples_scraped{job="todo-api"} >= 1500')).toEqual([]);
  });
});
