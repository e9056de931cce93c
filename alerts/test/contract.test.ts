import { beforeAll, expect, test } from '@jest/globals';
import { type Recorded, resultLabels, undeclared } from '../contract.ts';
import { isAlert, type Rule, recordedBy, ruleGroups } from '../rules.ts';

let rules: readonly Rule[];
let recorded: Recorded;

beforeAll(async () => {
  rules = (await ruleGroups()).flatMap((group) => group.rules);
  recorded = recordedBy(rules);
});

test('every metric, label and label value in the rules is declared', () => {
  const problems = rules.flatMap((rule) =>
    undeclared(rule.expr, recorded).map(
      (problem) => `${isAlert(rule) ? rule.alert : rule.record}: ${problem}`,
    ),
  );
  expect(problems).toEqual([]);
});

test('every label in the text of an alert is one that the alert has', () => {
  const unknown = rules.filter(isAlert).flatMap((rule) => {
    const labels = new Set([...resultLabels(rule.expr, recorded), ...Object.keys(rule.labels)]);
    return Object.values(rule.annotations)
      .flatMap((text) => [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label))
      .filter((label) => !labels.has(label))
      .map((label) => `${rule.alert}: ${label}`);
  });
  expect(unknown).toEqual([]);
});

test('every alert says its value, unless it always has the same', () => {
  const silent = rules
    .filter(isAlert)
    .filter(({ annotations }) => !annotations['description']?.includes('$value'))
    .map(({ alert }) => alert);
  expect(silent).toEqual(['Watchdog']);
});

test.each([
  [
    'htp_requests_total',
    ['htp_requests_total is no metric of the contract, of foreignMetrics or of a recording rule.'],
  ],
  [
    'http_request_duration_seconds',
    ['http_request_duration_seconds is no metric of the contract, of foreignMetrics or of a recording rule.'],
  ],
  ['db_up{host="a"}', ['db_up has no label host.']],
  [
    'db_connections{state="busy"}',
    ["No value of db_connections's label state is busy: it has idle, in_use."],
  ],
  [
    'sum by (root) (http_requests_total)',
    ['No series that is grouped by root has it: sum by (root) (http_requests_total)'],
  ],
  ['db_connections{state=~"in_.*"} / on (instance) db_connections_max', []],
])('%s is found out', (expr, problems) => {
  expect(undeclared(expr)).toEqual(problems);
});

test('an expression that is no PromQL is shown where it is wrong', () => {
  expect(() => undeclared('sum by (job (up)')).toThrow(/at the arrow: sum by \(job/);
});
