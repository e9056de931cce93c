import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { tool } from '@sightline/tools/tools.ts';
import { parse } from 'yaml';
import { evaluate } from '../jsonnet.ts';
import { checkRules } from '../promtool.ts';
import { type AlertingRule, isAlert, type RuleGroup, ruleGroups } from '../rules.ts';

const run = promisify(execFile);
const folder = resolve(import.meta.dirname, '..');
const sources = globSync('**/*.{jsonnet,libsonnet}', { cwd: folder }).sort();
const drill = "{ drillWindows: import 'lib/drill-windows.libsonnet' }";
const alertsOf = (groups: readonly RuleGroup[]) => groups.flatMap(({ rules }) => rules.filter(isAlert));

test.each(sources)(
  '%s is formatted as jsonnetfmt does, and jsonnet-lint finds nothing in it',
  async (file) => {
    await run(await tool('jsonnetfmt'), ['--test', file], { cwd: folder });
    await run(await tool('jsonnet-lint'), [file], { cwd: folder });
  },
);

test.each([
  [
    '{ slos+: { availability+: { objective: 99.9 } } }',
    'must provide an objective between 0 and 1, neither included, of the SLOs ["availability"]',
  ],
  [
    '{ slos+: { availability+: { objective: 0 } } }',
    'must provide an objective between 0 and 1, neither included, of the SLOs ["availability"]',
  ],
  [
    '{ slos+: { availability+: { minBadEvents: 0 } } }',
    'must provide minBadEvents of 1 or more of the SLOs ["availability"]',
  ],
  [
    '{ slos+: { availabilty+: { objective: 0.99 } } }',
    'must provide objective, windowDays, minBadEvents, total and good of each SLO; incomplete: ["availabilty"]',
  ],
  [
    "{ parts: ['core', 'elastic'] }",
    'must provide parts out of ["core","prometheus","blackbox","node","logs","elasticsearch","backup","kubernetes"]; got ["elastic"]',
  ],
  [
    "{ burnRates: [{ severity: 'page', long: '5m', short: '1h', factor: 14.4 }] }",
    'must provide burn rates whose short window is shorter than the long one; got [{"factor":14.4,"long":"5m","severity":"page","short":"1h"}]',
  ],
  [
    "{ burnRates: [{ severity: 'critical', long: '1h', short: '5m', factor: 14.4 }] }",
    'must provide a severity out of ["page","ticket"] of each burn rate',
  ],
  [
    "{ burnRates: [{ severity: 'page', long: '60d', short: '5m', factor: 14.4 }] }",
    'must provide long windows within the SLO\'s own window; got ["60d of availability",',
  ],
  [
    "{ burnRates: [{ severity: 'page', long: '1h', short: '1m', factor: 14.4 }] }",
    'must provide windows of 5m (shortestWindow) or more; got ["1m"]',
  ],
  [
    "{ burnRates: [{ severity: 'page', long: '1 hour', short: '5m', factor: 14.4 }] }",
    "must provide durations such as 30s, 5m, 6h or 3d; got '1 hour'",
  ],
  [
    "{ burnRates: [{ severity: 'page', long: '1h', factor: 14.4 }] }",
    'must provide severity, long, short and factor of each burn rate',
  ],
])('the configuration %s stops the build with a sentence', async (config, sentence) => {
  await expect(ruleGroups(config)).rejects.toThrow(sentence);
});

test('alerts of parts that are not deployed are left out', async () => {
  const alerts = alertsOf(await ruleGroups("{ parts: ['backup'] }"));
  expect(alerts.map(({ alert }) => alert)).toEqual([
    'BackupStale',
    'BackupMissing',
    'BackupDatedAhead',
    'BackupRefused',
    'RestoreDrillStale',
    'RestoreDrillMissing',
    'RestoreDrillFailed',
  ]);
});

test('a drill has the same alerts, each of which can be met within minutes', async () => {
  const key = ({ alert, labels }: AlertingRule) => `${alert} ${labels['slo'] ?? ''} ${labels['limit'] ?? ''}`;
  const [usual, drilled] = [await ruleGroups(), await ruleGroups(drill)].map(alertsOf);
  expect(drilled?.map(key)).toEqual(usual?.map(key));
  for (const rule of drilled ?? []) expect(rule.for ?? '5s').toMatch(/^(1m|[1-5]?[0-9]s)$/);
});

test('every window of a drill holds at least five scrapes, and none is over a quarter of an hour', async () => {
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
  const expressions = (await ruleGroups(drill)).flatMap(({ rules }) => rules.map(({ expr }) => expr));
  const windows = expressions.flatMap((expr) =>
    [...expr.matchAll(/\[(\d+)([smhd])\]/g)].map(
      ([, count, unit]) => Number(count) * seconds[unit as keyof typeof seconds],
    ),
  );
  expect(windows.length).toBeGreaterThan(50);
  expect(Math.min(...windows)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...windows)).toBeLessThanOrEqual(900);
});

test('another objective changes the burn rate and what the alert says, and nothing else has to be told', async () => {
  const groups = await ruleGroups('{ slos+: { availability+: { objective: 0.995 } } }');
  const [burn] = groups
    .flatMap(({ rules }) => rules)
    .filter((rule) => 'record' in rule && rule.record === 'slo:error_budget_burn:ratio1h');
  expect(burn?.expr).toContain('/ (1 - 0.995)');
  expect(alertsOf(groups)[0]?.annotations['description']).toContain('objective 99.5 %');
});

test('each part of the stack can be chosen, and all together are what Kubernetes gets', async () => {
  const rule = parse(await readFile(resolve(folder, 'generated/prometheus-rule.yaml'), 'utf8'));
  expect(rule.kind).toBe('PrometheusRule');
  expect(rule.spec.groups).toEqual(await ruleGroups());
});

test("the README's example for a Prometheus of one's own passes every lint of promtool", async () => {
  const readme = await readFile(resolve(folder, 'README.md'), 'utf8');
  const [, example = ''] = /^```jsonnet\n(.*?)^```$/ms.exec(readme) ?? [];
  const { groups } = (await evaluate(example)) as { groups: readonly RuleGroup[] };
  const { ok, output } = await checkRules(groups);
  expect(ok ? '' : output).toBe('');
  const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join('\n');
  expect(expressions).toContain('db_up{job="my-todos"} == 0');
  expect(expressions).not.toContain('job="todo-api"');
});

test('jsonnet that fails for another reason says so', async () => {
  await expect(evaluate("import 'nowhere.libsonnet'")).rejects.toThrow(/nowhere\.libsonnet/);
});
