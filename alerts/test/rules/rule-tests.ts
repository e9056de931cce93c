import type { TestGroup } from '../../promtool.ts';
import { isAlert, type RuleGroup, ruleGroups } from '../../rules.ts';
import { step } from './case.ts';
import { causeCases } from './causes.ts';
import { sloTests } from './slo.ts';
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
  /** Whether it needs the rules of a group. */
  needs(group: RuleGroup): boolean;
  readonly group: TestGroup;
}

/** Every unit test there is. */
export const ruleTests: readonly RuleTest[] = [
  ...sloTests.map(({ slo, does, group, evaluationInterval, windowDays, windows }): RuleTest => {
    const days = windowDays === undefined ? '' : `slos+: { '${slo}'+: { windowDays: ${windowDays} } }, `;
    return {
      name: `${slo} ${does}`,
      alert: 'SLOErrorBudgetBurn',
      config: `{ ${days}evaluationInterval: '${evaluationInterval}' }`,
      evaluationInterval,
      ...(windows && { windows }),
      needs: ({ name }) => name.startsWith(`sightline-slo-${slo}.`),
      group,
    };
  }),
  ...causeCases.map(
    (each): RuleTest => ({
      name: `${each.alert} ${each.does}`,
      alert: each.alert,
      config: '{}',
      evaluationInterval: `${(each.every ?? step) * 60}s`,
      needs: ({ rules }) => rules.some((rule) => isAlert(rule) && rule.alert === each.alert),
      group: testGroupOf(each),
    }),
  ),
];

const rendered = new Map<string, Promise<readonly RuleGroup[]>>();

/** The groups that a test needs, as its configuration makes them. */
export async function groupsFor(test: RuleTest): Promise<readonly RuleGroup[]> {
  const groups = rendered.get(test.config) ?? ruleGroups(test.config);
  rendered.set(test.config, groups);
  return (await groups).filter((group) => test.needs(group));
}
