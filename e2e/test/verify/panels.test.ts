import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { QuietPanel } from '@sightline/dashboards/quiet-panels.ts';
import { missingTools, startPrometheus } from '@sightline/monitoring/test/support/programs.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import traffic from '@sightline/testkit/grafana/traffic.json' with { type: 'json' };
import { type Dashboard, readDashboard } from '@sightline/testkit/grafana/walk.ts';
import { type RunningProgram, startReceiver } from '@sightline/testkit/programs.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import {
  annotationFaults,
  openDashboard,
  staleQuietPanels,
  type View,
  verdictsOf,
} from '../../verify/panels.ts';

const withPrometheus = missingTools === undefined ? describe : describe.skip;
const because = missingTools === undefined ? '' : ` (skipped: ${missingTools})`;

/** The fixture with a panel of one query in place of its own. */
const withQuery = (expr: string): Dashboard =>
  readDashboard(
    { ...traffic, panels: [{ title: 'One', targets: [{ refId: 'A', expr, instant: true }] }] },
    'traffic.json',
  );

const exposition = (requests: number) =>
  [
    '# TYPE shop_requests counter',
    ...['/v1/todos', '/v1/todos/:id', '/health/ready'].map(
      (route) => `shop_requests_total{route="${route}"} ${requests}`,
    ),
    '# EOF',
    '',
  ].join('\n');

withPrometheus(`the queries of a dashboard on a real Prometheus${because}`, () => {
  let target: Awaited<ReturnType<typeof startReceiver>>;
  let program: RunningProgram;
  let view: View;
  beforeAll(async () => {
    let requests = 0;
    target = await startReceiver(() => {
      requests += 10;
      return {
        body: exposition(requests),
        type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      };
    });
    program = await startPrometheus([], { 'todo-api': { targets: [target.address] } });
    const prometheus = prometheusAt(program.url);
    const from = Date.now();
    await eventually(async () => {
      // At the last whole step before now, too, where a graph ends.
      const increase = await prometheus.instant('increase(shop_requests_total[1m] offset 5s)', Date.now());
      return increase.length === 3;
    });
    view = { prometheus, range: { from, to: Date.now() }, scrapeMs: 5000 };
  });
  afterAll(async () => {
    await program?.stop();
    target?.stop();
  });

  test('variables have the values that a reader finds selected, each using those before it', async () => {
    const variables = await openDashboard(readDashboard(traffic, 'traffic.json'), view);
    expect(variables.get('job')).toEqual({ values: ['todo-api'], isPattern: false });
    expect(variables.get('instance')).toEqual({ values: [target.address], isPattern: true });
    expect(variables.get('route')?.values).toEqual(['/v1/todos', '/v1/todos/:id']);
  });

  test('every query has data, and a repeated panel is asked once a value', async () => {
    const verdicts = await verdictsOf(readDashboard(traffic, 'traffic.json'), view, []);
    expect(verdicts.map(({ panel, ok, sentence }) => ({ panel, ok, sentence }))).toEqual(
      ['Requests by route', 'Requests of $route', 'Requests of $route', 'Both ways'].map((panel) => ({
        panel,
        ok: true,
        sentence: undefined,
      })),
    );
    expect(verdicts[0]).toMatchObject({ refId: 'A', series: 2, dashboard: 'traffic' });
    expect(verdicts[0]?.expr).toContain('route=~"(/v1/todos|/v1/todos/:id)"}[20s]');
    expect(verdicts[1]?.expr).toContain('{route="/v1/todos"}');
    expect(await annotationFaults(readDashboard(traffic, 'traffic.json'), view)).toEqual([]);
  });

  test.each([
    ['a metric that is renamed', 'rate(shop_request_total[$__rate_interval])', 'and shows nothing: rate('],
    ['nothing but NaN', 'shop_requests_total * 0 / 0', 'and shows no number: '],
    ['nothing but infinity', 'shop_requests_total / 0', 'and shows no number: '],
    ['a mistake in PromQL', 'sum(shop_requests_total', "can't be asked: invalid parameter"],
    [
      'a variable that is not defined',
      'shop_requests_total{job="$jobb"}',
      'The variable $jobb is not defined.',
    ],
  ])('%s fails with a sentence that names dashboard, panel and query', async (_what, expr, words) => {
    const [verdict] = await verdictsOf(withQuery(expr), view, []);
    expect(verdict).toMatchObject({ ok: false, series: 0 });
    expect(verdict?.sentence).toContain('Dashboard "Traffic", panel "One", query A ');
    expect(verdict?.sentence).toContain(words);
  });

  test('a panel that is known to be quiet may be empty, but not wrong', async () => {
    const quiet: QuietPanel[] = [{ dashboard: 'traffic', panel: 'One', because: 'nothing fails' }];
    const [empty] = await verdictsOf(withQuery('shop_errors_total'), view, quiet);
    expect(empty).toMatchObject({ ok: true, quiet: true, series: 0 });
    const [other] = await verdictsOf(withQuery('shop_errors_total'), view, [
      { dashboard: 'traffic', panel: 'One', refIds: ['B'], because: 'another query' },
    ]);
    expect(other).toMatchObject({ ok: false });
    const [wrong] = await verdictsOf(withQuery('sum('), view, quiet);
    expect(wrong).toMatchObject({ ok: false });
  });

  test('a quiet panel that does not exist is named', () => {
    const dashboard = withQuery('up');
    const entry = { dashboard: 'traffic', because: 'x' };
    expect(staleQuietPanels([dashboard], [{ ...entry, panel: 'One' }])).toEqual([]);
    expect(staleQuietPanels([dashboard], [{ ...entry, panel: 'Two' }])).toEqual([
      expect.stringContaining('names the panel "Two" of traffic'),
    ]);
    expect(staleQuietPanels([dashboard], [{ ...entry, panel: 'One', refIds: ['B'] }])).toHaveLength(1);
  });

  test('a variable that Prometheus has no value for is named', async () => {
    const list = [{ name: 'shop', type: 'query', query: 'label_values(no_such_metric, shop)' }];
    const dashboard = readDashboard({ ...traffic, templating: { list } }, 'traffic.json');
    await expect(verdictsOf(dashboard, view, [])).rejects.toThrow(
      'Dashboard "Traffic", variable $shop: has no value: label_values(no_such_metric, shop) finds nothing.',
    );
  });
});
