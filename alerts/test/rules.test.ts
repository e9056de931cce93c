import { describe, expect, test } from '@jest/globals';
import { slos } from '@sightline/contract/signals.ts';
import { nodesOf, parsePromql } from '../promql.ts';
import { checkRules } from '../promtool.ts';
import { isAlert, ruleGroups } from '../rules.ts';
import type { AlertCase } from './rules/case.ts';
import { causeCases } from './rules/causes.ts';
import { causeTests } from './rules/rule-tests.ts';
import { runEach } from './rules/run.ts';

/** Whether an expression is about how long ago something was: `time() - …`. */
const isAge = (expr: string) =>
  nodesOf(parsePromql(expr).topNode, 'BinaryExpr').some((node) => {
    const [left, operator] = [node.firstChild, node.firstChild?.nextSibling];
    return operator?.name === 'Sub' && left !== null && expr.slice(left.from, left.to) === 'time()';
  });

describe('alerts of causes and probes', () => runEach(causeTests));

describe('the rules', () => {
  test.each([
    ['as deployed', '{}'],
    ['of a drill', "{ drillWindows: import 'lib/drill-windows.libsonnet' }"],
    ['of several services in one Prometheus', "{ serviceLabels: ['namespace', 'job'] }"],
  ])('%s pass every lint of promtool', async (_, config) => {
    const { ok, output } = await checkRules(await ruleGroups(config));
    expect(ok ? '' : output).toBe('');
  });

  test('have a unit test in which each alert fires, and one in which it stays silent', async () => {
    const groups = await ruleGroups();
    const alerts = new Set(groups.flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert)));
    const tested = (alert: string, fires: boolean) =>
      causeCases.some((each) => each.alert === alert && (each.firing !== undefined) === fires);
    const alwaysFires = ['Watchdog'];
    const untested = [...alerts].filter(
      (alert) =>
        alert !== 'SLOErrorBudgetBurn' &&
        !(tested(alert, true) && (tested(alert, false) || alwaysFires.includes(alert))),
    );
    expect(untested).toEqual([]);
  });

  test('that look at an age have a unit test in which the time lies in the future, and nobody calls it fresh', async () => {
    const rules = (await ruleGroups()).flatMap(({ rules: all }) => all);
    const aged = rules
      .filter(({ expr }) => isAge(expr))
      .map((rule) => (isAlert(rule) ? rule.alert : rule.record));
    expect(aged).toContain('BackupStale');
    const isAhead = ({ series, firing, minutes }: AlertCase) =>
      firing !== undefined &&
      Object.values(series).some((values) => Number.parseFloat(values) > 2 * minutes * 60);
    const untested = aged.filter(
      (alert) => !causeCases.some((each) => each.alert === alert && isAhead(each)),
    );
    expect(untested).toEqual([]);
  });

  test.each([
    ['time() - max(backup_last_success_timestamp_seconds) > 1', true],
    ['1 < (time() - (a or b))', true],
    ['time()-a > 1', true],
    // What ends in the far future is in order.
    ['probe_ssl_earliest_cert_expiry - time() < 1', false],
    ['predict_linear(a[1h], 1) > 0', false],
  ])('%s looks at an age: %s', (expr, is) => expect(isAge(expr)).toBe(is));

  test('of each SLO of the contract are there, with an alert a tier', async () => {
    const groups = await ruleGroups();
    const alerts = groups
      .flatMap(({ rules }) => rules.filter(isAlert))
      .filter(({ alert }) => alert === 'SLOErrorBudgetBurn')
      .map(({ labels }) => `${labels['slo']} ${labels['window']} ${labels['severity']}`);
    const tiers = ['1h page', '6h page', '1d ticket', '3d ticket'];
    expect(alerts.sort()).toEqual(
      Object.keys(slos)
        .flatMap((slo) => tiers.map((tier) => `${slo} ${tier}`))
        .sort(),
    );
  });
});
