import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

/** Runs promtool on files that it finds in its working directory. JSON is YAML, so they are written as such. */
async function promtool(args: readonly string[], files: Readonly<Record<string, unknown>>): Promise<Verdict> {
  const program = await tool('promtool');
  const directory = await mkdtemp(join(tmpdir(), 'sightline-rules-'));
  try {
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), JSON.stringify(content));
    return await new Promise((resolve) => {
      execFile(
        program,
        [...args],
        { cwd: directory, maxBuffer: 16 * 1024 * 1024, timeout: 120_000 },
        (error, stdout, stderr) => resolve({ ok: error === null, output: `${stdout}${stderr}` }),
      );
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Whether the rules are fit for Prometheus, with every lint fatal. */
export const checkRules = (groups: readonly RuleGroup[]): Promise<Verdict> =>
  promtool(['check', 'rules', '--lint=all', '--lint-fatal', 'rules.json'], { 'rules.json': { groups } });

/**
 * Runs unit tests on the rules.
 * @param evaluationInterval how often the rules are evaluated, whatever the interval of their groups
 */
export const testRules = (
  groups: readonly RuleGroup[],
  tests: readonly TestGroup[],
  evaluationInterval: string,
): Promise<Verdict> =>
  promtool(['test', 'rules', 'tests.json'], {
    'rules.json': { groups },
    'tests.json': {
      rule_files: ['rules.json'],
      evaluation_interval: evaluationInterval,
      // Alerts after the recording rules that they read; else promtool takes any order, another one each time.
      group_eval_order: groups.map(({ name }) => name),
      tests,
    },
  });
