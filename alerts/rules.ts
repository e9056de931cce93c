/** Rules as Prometheus reads them. */
import { evaluate } from './jsonnet.ts';

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

export const isAlert = (rule: Rule): rule is AlertingRule => 'alert' in rule;

/** The labels of the series of each recording rule: those of the rule, and those that sums keep. */
export const recordedBy = (rules: readonly Rule[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    rules.flatMap((rule) =>
      isAlert(rule) ? [] : [[rule.record, ['job', ...Object.keys(rule.labels ?? {})]]],
    ),
  );

/**
 * The groups of the mixin, recording rules first.
 * @param config jsonnet of what to override in `_config`
 * @param prefix with which their names begin; rules of others are not made, which takes most of the time
 * @throws JsonnetError when the configuration is wrong
 */
export async function ruleGroups(config = '{}', prefix = ''): Promise<readonly RuleGroup[]> {
  const groups = await evaluate(
    `local mixin = (import 'mixin.libsonnet') { _config+:: ${config} };
     local all = mixin.prometheusRules.groups + mixin.prometheusAlerts.groups;
     [group for group in all if std.startsWith(group.name, '${prefix}')]`,
  );
  return groups as RuleGroup[];
}
