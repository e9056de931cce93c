import type { Slo } from '@sightline/contract/signal.ts';
import { slos } from '@sightline/contract/signals.ts';
import { namesIn, type Selector } from '../../promql.ts';
import type { TestGroup, UnitTest } from '../../promtool.ts';
import { isAlert, type Rule, type RuleGroup, ruleGroups } from '../../rules.ts';
import { step } from './case.ts';
import { causeCases } from './causes.ts';
import { drillTest, sloTests } from './slo.ts';
import { testGroupOf } from './test-group.ts';

/** A unit test of rules, for promtool. */
export interface RuleTest {
  readonly name: string;
  /** The alert it is about; the tests of an SLO are about all of its rules. */
  readonly alert: string;
  /** Jsonnet of what it overrides in `_config`. */
  readonly config: string;
  readonly evaluationInterval: string;
  /** The windows that it is about, the long one first; all of them, if it isn't there. */
  readonly windows?: readonly string[];
  /** How the names of the groups begin that it is about. */
  readonly prefix: string;
  readonly group: TestGroup;
}

const prefixOf = (slo: string) => `sightline-slo-${slo}.`;

/** Every unit test of the alerts of causes and of the probes. */
export const causeTests: readonly RuleTest[] = causeCases.map((each) => ({
  name: `${each.alert} ${each.does}`,
  alert: each.alert,
  config: '{}',
  evaluationInterval: `${(each.every ?? step) * 60}s`,
  prefix: '',
  group: testGroupOf(each),
}));

/** Every unit test of the rules of an SLO as they are deployed. */
export const testsOfSlo = (slo: string): readonly RuleTest[] =>
  sloTests
    .filter((each) => each.slo === slo)
    .map(({ does, group, evaluationInterval, windowDays, windows }) => {
      const days = windowDays === undefined ? '' : `slos+: { '${slo}'+: { windowDays: ${windowDays} } }, `;
      return {
        name: `${slo} ${does}`,
        alert: 'SLOErrorBudgetBurn',
        config: `{ ${days}evaluationInterval: '${evaluationInterval}' }`,
        evaluationInterval,
        ...(windows && { windows }),
        prefix: prefixOf(slo),
        group,
      };
    });

/** The unit test of the rules of an SLO as they are in a drill. */
export const drillTestOf = (name: string, slo: Slo): RuleTest => ({
  name: `${name} pages within a minute in a drill, and resolves within a minute after it`,
  alert: 'SLOErrorBudgetBurn',
  config: "{ drillWindows: import 'lib/drill-windows.libsonnet' }",
  evaluationInterval: '1s',
  prefix: prefixOf(name),
  group: drillTest(name, slo),
});

/** Every unit test of rules as they are deployed. */
export const ruleTests: readonly RuleTest[] = [...Object.keys(slos).flatMap(testsOfSlo), ...causeTests];

/** Whether the series that a rule makes may be among the selected ones; other labels than its own it may have any. */
function selects({ metric, matchers }: Selector, rule: Rule): boolean {
  const labels = isAlert(rule) ? { alertname: rule.alert, ...rule.labels } : (rule.labels ?? {});
  return (
    metric === (isAlert(rule) ? 'ALERTS' : rule.record) &&
    matchers.every(({ label, operator, value }) => operator !== '=' || (labels[label] ?? value) === value)
  );
}

/**
 * The rules whose series a test selects, and those whose series these select. Whatever the others make, the test can't
 * see it: they only take time, most of it those over days.
 */
function seen(
  { alert_rule_test = [], promql_expr_test = [] }: TestGroup,
  groups: readonly RuleGroup[],
): readonly RuleGroup[] {
  const alerts = alert_rule_test.map(({ alertname }) => `ALERTS{alertname="${alertname}"}`);
  const expressions = [...alerts, ...promql_expr_test.map(({ expr }) => expr)];
  const selectors = expressions.flatMap((expr) => namesIn(expr).selectors);
  const found = new Set<Rule>();
  // The list grows while it is gone through.
  for (const selector of selectors)
    for (const rule of groups.flatMap(({ rules }) => rules)) {
      if (found.has(rule) || !selects(selector, rule)) continue;
      found.add(rule);
      selectors.push(...namesIn(rule.expr).selectors);
    }
  return groups
    .map((group) => ({ ...group, rules: group.rules.filter((rule) => found.has(rule)) }))
    .filter(({ rules }) => rules.length > 0);
}

/**
 * A test with the rules that it needs, as its configuration makes them.
 * @param change what is done to the rules before
 */
export async function withRules(
  { config, prefix, group, evaluationInterval }: RuleTest,
  change = (groups: readonly RuleGroup[]) => groups,
): Promise<UnitTest> {
  const rules = seen(group, change(await ruleGroups(config, prefix)));
  return { rules, group, evaluationInterval };
}
