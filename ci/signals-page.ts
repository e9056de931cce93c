/** Writes docs/signals.md: the contract, and for each metric the file that emits it and the panels and alerts that ask for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signalOf } from '@sightline/alerts/contract.ts';
import { namesIn } from '@sightline/alerts/promql.ts';
import { isAlert, type Rule, ruleGroups } from '@sightline/alerts/rules.ts';
import type { Emitter } from '@sightline/contract/signal.ts';
import { signalsPage } from '@sightline/contract/signal-files.ts';
import { metrics } from '@sightline/contract/signals.ts';
import { parseable } from '@sightline/dashboards/lint/rules.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { type Dashboard, readDashboard } from '@sightline/testkit/grafana/walk.ts';
import { generate } from '@sightline/tools/generated-files.ts';
import { filesOf } from './files.ts';

/** Where each emitter's code is, as patterns of git. */
const codeOf: Readonly<Record<Emitter, readonly string[]>> = {
  api: ['app/src/*.ts', 'packages/telemetry/*.ts'],
  'log-shipper': ['logging/shipper/*.ts'],
  'alert-webhook': ['monitoring/webhook/*.ts'],
  backup: ['backup/*.ts'],
};

export interface Panel {
  /** Its title. */
  readonly dashboard: string;
  readonly panel: string;
}

/** The panels and alerts that ask for a metric. */
export interface Usage {
  readonly panels: readonly Panel[];
  readonly alerts: readonly string[];
}

/** The metrics of the contract that an expression needs, through recording rules as well. */
export function metricsNeeded(expr: string, rules: readonly Rule[]): ReadonlySet<string> {
  const needed = new Set<string>();
  const seen = new Set<string>();
  const look = (asked: string) => {
    for (const { metric } of namesIn(asked).selectors) {
      const signal = signalOf(metric);
      if (signal !== undefined) needed.add(signal.name);
      if (seen.has(metric)) continue;
      seen.add(metric);
      for (const rule of rules) if (!isAlert(rule) && rule.record === metric) look(rule.expr);
    }
  };
  look(expr);
  return needed;
}

/** Returns who asks for each metric, by its name; a panel with several queries is there once. */
export function usageOf(
  rules: readonly Rule[],
  dashboards: readonly Pick<Dashboard, 'title' | 'queries'>[],
): Readonly<Record<string, Usage>> {
  const panels = dashboards.flatMap(({ title, queries }) =>
    [...Map.groupBy(queries, ({ panel }) => panel)].map(([panel, asked]) => ({
      dashboard: title,
      panel,
      needs: new Set(asked.flatMap(({ expr }) => [...metricsNeeded(parseable(expr), rules)])),
    })),
  );
  const alerts = rules
    .filter(isAlert)
    .map(({ alert, expr }) => ({ alert, needs: metricsNeeded(expr, rules) }));
  return Object.fromEntries(
    Object.keys(metrics).map((metric) => [
      metric,
      {
        panels: panels
          .filter(({ needs }) => needs.has(metric))
          .map(({ dashboard, panel }) => ({ dashboard, panel })),
        // One name is of several rules where they differ in severity.
        alerts: [...new Set(alerts.filter(({ needs }) => needs.has(metric)).map(({ alert }) => alert))],
      },
    ]),
  );
}

const read = (path: string) => ({ path, text: readFileSync(join(checkout, path), 'utf8') });

/** Returns the files that give a call the name of a metric first, as instruments take it, or write it out as text. */
const emittedIn = (metric: string, code: readonly ReturnType<typeof read>[]): readonly string[] =>
  code
    .filter(({ text }) => new RegExp(`\\w\\(\\s*'${metric}'|# TYPE ${metric} `).test(text))
    .map(({ path }) => path);

/** Says `**Dashboard** one panel, another`, dashboard by dashboard. */
function byDashboard(panels: readonly Panel[]): string {
  const titles = Map.groupBy(panels, ({ dashboard }) => dashboard);
  return [...titles]
    .map(([title, of]) => `**${title}** ${of.map(({ panel }) => panel).join(', ')}`)
    .join('; ');
}

/** Makes the text of docs/signals.md. */
export async function signalsPageWithUsage(): Promise<string> {
  const rules = (await ruleGroups()).flatMap((group) => group.rules);
  const dashboards = filesOf(['dashboards/generated/*.json'])
    .map(read)
    .map(({ path, text }) => readDashboard(JSON.parse(text), path));
  const code = new Map<string, readonly ReturnType<typeof read>[]>(
    Object.entries(codeOf).map(([emitter, patterns]) => [
      emitter,
      filesOf(patterns)
        .filter((path) => !path.includes('/test/'))
        .map(read),
    ]),
  );
  const usage = usageOf(rules, dashboards);
  const emitters: Readonly<Record<string, { readonly emitter: Emitter }>> = metrics;
  return signalsPage((metric) => {
    const { panels = [], alerts = [] } = usage[metric] ?? {};
    const files = emittedIn(metric, code.get(emitters[metric]?.emitter ?? '') ?? []);
    const pages = alerts.map((alert) => `[${alert}](../alerts/runbooks/${alert}.md)`);
    return [
      `Emitted in: ${files.map((path) => `[${path}](../${path})`).join(', ')}`,
      ...(panels.length > 0 ? [`Panels: ${byDashboard(panels)}`] : []),
      ...(pages.length > 0 ? [`Alerts, with their runbooks: ${pages.join(', ')}`] : []),
    ];
  });
}

if (import.meta.main) await generate({ 'docs/signals.md': signalsPageWithUsage });
