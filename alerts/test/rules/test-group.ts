import type { AlertRuleTest, PromqlExprTest, TestGroup } from '../../promtool.ts';
import { type AlertCase, type Firing, step } from './case.ts';

/** The beginning of all links, as in config.libsonnet. */
const linkBase = 'http://127.0.0.1:3001';

const seconds = (minutes: number) => `${Math.round(minutes * 60)}s`;

const annotationsOf = (alert: string, { summary, description, dashboard }: Firing) => ({
  summary,
  description,
  runbook_url: `${linkBase}/runbooks/${alert}.md`,
  dashboard_url: `${linkBase}/d/${dashboard}`,
});

const labelSet = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');

/** Returns a case as promtool takes it. */
export function testGroupOf({ alert, does, series, minutes, firing, every = step }: AlertCase): TestGroup {
  const alertTests: AlertRuleTest[] = [];
  const expressionTests: PromqlExprTest[] = [];
  const at = (minute: number, firings: readonly Firing[]) =>
    alertTests.push({
      alertname: alert,
      eval_time: seconds(minute),
      exp_alerts: firings.map((each) => ({
        exp_labels: each.labels,
        exp_annotations: annotationsOf(alert, each),
      })),
    });

  if (firing === undefined) {
    expressionTests.push({
      expr: `count_over_time(ALERTS{alertname="${alert}"}[${seconds(minutes + 1)}])`,
      eval_time: seconds(minutes),
      exp_samples: [],
    });
  } else {
    const { from, until, as } = firing;
    if (from > 0) at(from - every, []);
    at(from, as);
    // Its values may be others by now, its labels not.
    expressionTests.push({
      expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
      eval_time: seconds(until - every),
      exp_samples: as.map(({ labels }) => ({
        labels: `ALERTS{${labelSet({ alertname: alert, alertstate: 'firing', ...labels })}}`,
        value: 1,
      })),
    });
    if (until < minutes) at(until, []);
  }
  return {
    name: `${alert} ${does}`,
    interval: seconds(every),
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: alertTests,
    promql_expr_test: expressionTests,
  };
}
