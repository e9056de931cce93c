import { beforeAll, expect, test } from '@jest/globals';
import { type Recorded, resultLabels, signalsUsed, undeclared } from '@sightline/alerts/contract.ts';
import { namesIn } from '@sightline/alerts/promql.ts';
import { recordedBy, ruleGroups } from '@sightline/alerts/rules.ts';
import { pages, queriesIn, textOf } from '@sightline/alerts/runbooks.ts';
import type { MetricSignal } from '@sightline/contract/signal.ts';
import { foreignMetrics, metrics } from '@sightline/contract/signals.ts';
import { interpolate, type VariableValue } from '@sightline/testkit/grafana/interpolate.ts';
import { timeVariables } from '@sightline/testkit/grafana/time.ts';
import { type Dashboard, dashboards, panelsOf } from '../dashboards.ts';
import { quietPanels } from '../quiet-panels.ts';

const all: VariableValue = { values: [], isPattern: true, verbatim: '.+' };
/** A query as Grafana sends it when everything is selected. */
const sent = (expr: string) =>
  interpolate(
    expr,
    new Map([
      ['job', { values: ['todo-api'], isPattern: false }],
      ['instance', all],
      ['route', all],
      ['testid', all],
      ...timeVariables({ from: 0, to: 3_600_000 }, 15_000, 5000),
    ]),
  );

interface Asked {
  readonly where: string;
  readonly expr: string;
  readonly legend: string;
}

let made: readonly Dashboard[];
let asked: readonly Asked[];
let recorded: Recorded;
/** Expressions of rules and of runbooks. */
let otherExpressions: readonly string[];

beforeAll(async () => {
  made = Object.values(await dashboards());
  const rules = (await ruleGroups()).flatMap((group) => group.rules);
  recorded = recordedBy(rules);
  otherExpressions = [...rules.map(({ expr }) => expr), ...pages.flatMap((page) => queriesIn(textOf(page)))];
  asked = made.flatMap((dashboard) => [
    ...panelsOf(dashboard).flatMap(({ title, targets }) =>
      targets.map(({ refId, expr, legendFormat }) => ({
        where: `${dashboard.uid}, ${title}, ${refId}`,
        expr: sent(expr),
        legend: legendFormat,
      })),
    ),
    ...dashboard.annotations.list.flatMap(({ name, target }) =>
      target === undefined
        ? []
        : [{ where: `${dashboard.uid}, annotation ${name}`, expr: sent(target.expr), legend: '' }],
    ),
    ...dashboard.templating.list.flatMap(({ name, query }) => {
      const [, selector = '', label = ''] =
        /^label_values\((.+), (\w+)\)$/.exec(typeof query === 'string' ? '' : query.query) ?? [];
      const where = `${dashboard.uid}, variable ${name}`;
      return selector === '' ? [] : [{ where, expr: `count by (${label}) (${sent(selector)})`, legend: '' }];
    }),
  ]);
});

test('every metric, label and label value in a panel, a variable or an annotation is declared', () => {
  expect(
    asked.flatMap(({ where, expr }) => undeclared(expr, recorded).map((problem) => `${where}: ${problem}`)),
  ).toEqual([]);
  expect(new Set(asked.map(({ where }) => where.split(',')[0])).size).toBe(8);
});

test('every label in a legend is one that the series have', () => {
  const unknown = asked.flatMap(({ where, expr, legend }) => {
    const labels = resultLabels(expr, recorded);
    return [...legend.matchAll(/\{\{(\w+)\}\}/g)]
      .map(([, label = '']) => label)
      .filter((label) => !labels.has(label))
      .map((label) => `${where}: ${label}`);
  });
  expect(unknown).toEqual([]);
});

test('every metric of the contract is in a panel, a rule or a runbook, or says why not', () => {
  const used = signalsUsed([...otherExpressions, ...asked.map(({ expr }) => expr)]);
  const reasons = Object.entries<MetricSignal>(metrics);
  expect({
    unused: reasons
      .filter(([name, { unusedBecause }]) => !used.has(name) && unusedBecause === undefined)
      .map(([name]) => name),
    contradicting: reasons
      .filter(([name, { unusedBecause }]) => used.has(name) && unusedBecause !== undefined)
      .map(([name]) => name),
  }).toEqual({ unused: [], contradicting: [] });
});

test('every foreign metric that is declared is in a panel, a rule or a runbook', () => {
  const used = new Set(
    [...otherExpressions, ...asked.map(({ expr }) => expr)]
      .flatMap((expr) => namesIn(expr).selectors)
      .map(({ metric }) => metric),
  );
  expect(Object.keys(foreignMetrics).filter((name) => !used.has(name))).toEqual([]);
});

test('every quiet panel is one that there is', () => {
  const unknown = quietPanels.filter(
    ({ dashboard, panel, refIds = [] }) =>
      !made.some(
        (each) =>
          each.uid === dashboard &&
          panelsOf(each).some(
            ({ title, targets }) =>
              title === panel && refIds.every((refId) => targets.some((target) => target.refId === refId)),
          ),
      ),
  );
  expect(unknown).toEqual([]);
});
