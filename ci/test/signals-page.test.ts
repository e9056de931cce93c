import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Rule } from '@sightline/alerts/rules.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { metricsNeeded, usageOf } from '../signals-page.ts';

const recorded: Rule = {
  record: 'job:errors:rate5m',
  expr: 'sum(rate(http_requests_total{status=~"5.."}[5m]))',
};
const ratio: Rule = { record: 'job:error_ratio', expr: 'job:errors:rate5m / job:errors:rate5m' };
const alert: Rule = { alert: 'ErrorsHigh', expr: 'job:error_ratio > 0.1', labels: {}, annotations: {} };
const rules = [recorded, ratio, alert];

test('an expression needs the metrics of the recording rules that it names, and of theirs', () => {
  expect([...metricsNeeded('job:error_ratio and on () db_up', rules)]).toEqual([
    'http_requests_total',
    'db_up',
  ]);
  expect([...metricsNeeded('rate(db_query_duration_seconds_bucket[5m])', rules)]).toEqual([
    'db_query_duration_seconds',
  ]);
  expect([...metricsNeeded('up + node_load1', rules)]).toEqual([]);
});

test('a panel and an alert are listed once with each metric that they need', () => {
  const query = (panel: string, expr: string) =>
    ({ panel, expr }) as Parameters<typeof usageOf>[1][number]['queries'][number];
  const queries = [
    query('Traffic', 'sum(rate(http_requests_total{route=~"$route"}[$__rate_interval]))'),
    query('Traffic', 'http_requests_total'),
    query('Connections', 'db_connections'),
  ];
  const usage = usageOf(
    [...rules, { ...alert, expr: 'job:error_ratio > 0.2' }],
    [{ title: 'Golden', queries }],
  );
  expect(usage['http_requests_total']).toEqual({
    panels: [{ dashboard: 'Golden', panel: 'Traffic' }],
    alerts: ['ErrorsHigh'],
  });
  expect(usage['db_connections']).toEqual({
    panels: [{ dashboard: 'Golden', panel: 'Connections' }],
    alerts: [],
  });
});

test('every metric is emitted by some file, and something asks for it', () => {
  const page = readFileSync(join(checkout, 'docs/signals.md'), 'utf8');
  const [, ...metrics] = page.split(/^### /m);
  expect(metrics.length).toBeGreaterThan(50);
  const lacking = metrics.filter(
    (block) =>
      !/^- Emitted in: \[/m.test(block) || !/^- (Panels|Alerts, with their runbooks): \S/m.test(block),
  );
  expect(lacking).toEqual([]);
});
