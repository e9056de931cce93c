import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from '@sightline/tools/tools.ts';
import type { RuleGroup } from './rules.ts';

/** Whether promtool was content, and all that it said. */
export interface Verdict {
  readonly ok: boolean;
  readonly output: string;
}

/** One group of promtool's unit tests; https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
export interface TestGroup {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test?: readonly AlertRuleTest[];
  readonly promql_expr_test?: readonly PromqlExprTest[];
}

export interface AlertRuleTest {
  readonly alertname: string;
  readonly eval_time: string;
  readonly exp_alerts: readonly {
    readonly exp_labels: Readonly<Record<string, string>>;
    readonly exp_annotations: Readonly<Record<string, string>>;
  }[];
}

export interface PromqlExprTest {
  readonly expr: string;
  readonly eval_time: string;
  readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
}

/** Rules, and what promtool looks whether they make of a group's series. */
export interface UnitTest {
  readonly rules: readonly RuleGroup[];
  /** How often the rules are evaluated, whatever the interval of their groups. */
  readonly evaluationInterval: string;
  readonly group: TestGroup;
}

/** Runs promtool on files that it finds in its working directory. JSON is YAML, so they are written as such. */
async function promtool(args: readonly string[], files: Readonly<Record<string, unknown>>): Promise<Verdict> {
  const program = await tool('promtool');
  const directory = await mkdtemp(join(tmpdir(), 'sightline-rules-'));
  try {
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), JSON.stringify(content));
    // One file for both streams keeps their lines in the order in which they were written.
    const written = await open(join(directory, 'output'), 'w+');
    try {
      const child = spawn(program, [...args], {
        cwd: directory,
        stdio: ['ignore', written.fd, written.fd],
      });
      const [code] = await once(child, 'close');
      return { ok: code === 0, output: await readFile(join(directory, 'output'), 'utf8') };
    } finally {
      await written.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Whether the rules are fit for Prometheus, with every lint fatal. */
export const checkRules = (groups: readonly RuleGroup[]): Promise<Verdict> =>
  promtool(['check', 'rules', '--lint=all', '--lint-fatal', 'rules.json'], { 'rules.json': { groups } });

/** Lines with which promtool begins what it says of a file of tests. */
const verdictOfFile = /^(?= {2}(?:SUCCESS|FAILED:)$)/m;

/**
 * Runs unit tests, each with rules of its own, in one process, one after the other.
 * @returns what promtool says of each, in their order
 * @throws Error with its words, when they are not about each of the tests
 */
export async function testRules(tests: readonly UnitTest[]): Promise<readonly Verdict[]> {
  const files = tests.flatMap(({ rules, evaluationInterval, group }, index) => [
    [`rules-${index}.json`, { groups: rules }] as const,
    [
      `test-${index}.json`,
      {
        rule_files: [`rules-${index}.json`],
        evaluation_interval: evaluationInterval,
        // Alerts after the recording rules that they read; else promtool takes any order, another one each time.
        group_eval_order: rules.map(({ name }) => name),
        tests: [group],
      },
    ] as const,
  ]);
  const testFiles = tests.map((_, index) => `test-${index}.json`);
  const { ok, output } = await promtool(['test', 'rules', ...testFiles], Object.fromEntries(files));
  const verdicts = output
    .split(verdictOfFile)
    .map((said) => ({ ok: said.startsWith('  SUCCESS'), output: said }));
  if (verdicts.length !== tests.length || ok !== verdicts.every((each) => each.ok))
    throw new Error(`promtool said this of ${tests.length} unit tests:\n${output}`);
  return verdicts;
}
