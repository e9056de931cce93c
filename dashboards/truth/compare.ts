/** A panel's query on the known series, against what is expected of it. */
import { interpolate, type Variables, type VariableValue } from '@sightline/testkit/grafana/interpolate.ts';
import { timeVariables } from '@sightline/testkit/grafana/time.ts';
import type { dashboards } from '../dashboards.ts';
import { type Panel, panelsOf, type Target } from '../dashboards.ts';
import { type ExpectedPanel, expected } from './expected.ts';
import { instances } from './known-series.ts';
import type { KnownPrometheus, Result } from './prometheus.ts';
import { scrapeIntervalSeconds } from './series.ts';

const several = (...values: string[]): VariableValue => ({ values, isPattern: true });
const scrapeMs = scrapeIntervalSeconds * 1000;
/** The values of variables that a reader would have selected, with an hour shown. */
const selected: Variables = new Map([
  ['job', { values: ['todo-api'], isPattern: false }],
  ['instance', several(...instances)],
  ['route', several('/v1/todos', '/v1/sessions')],
  ['testid', several('run-1', 'run-2')],
  ...timeVariables({ from: 0, to: 3_600_000 }, scrapeMs, scrapeMs),
]);

/** A query of a panel, and what is expected of the panel. */
export interface Query {
  readonly dashboard: string;
  readonly panel: Panel;
  readonly target: Target;
  /** The query as Grafana sends it. */
  readonly expr: string;
  /** `undefined` when expected.ts lacks the panel. */
  readonly expected: ExpectedPanel | undefined;
}

/** Every query of every panel. */
export const queriesOf = (all: Awaited<ReturnType<typeof dashboards>>): readonly Query[] =>
  Object.values(all).flatMap((dashboard) =>
    panelsOf(dashboard).flatMap((panel) =>
      panel.targets.map((target) => ({
        dashboard: dashboard.uid,
        panel,
        target,
        expr: interpolate(target.expr, selected),
        expected: expected[dashboard.uid]?.[panel.title],
      })),
    ),
  );

/** Returns the name of a series: by its legend, or where there is none by its labels. */
function nameOf({ labels }: Result, { legendFormat }: Target): string {
  if (legendFormat !== '')
    return legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
  return Object.entries(labels)
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join(',');
}

const tolerance = 1e-6;
const near = (one: number, other: number) =>
  Math.abs(one - other) <= tolerance * Math.max(Math.abs(one), Math.abs(other));

/** Values that are times, in milliseconds since 1970, are written as how long before the end they are. */
const relativeToEnd = (value: number, end: number) => (value > 1e12 ? value - end * 1000 : value);

/**
 * Sentences about what a query shows otherwise than expected; none when it is as expected.
 * @param expr the query, perhaps a mutated one
 */
export async function differences(
  prometheus: KnownPrometheus,
  { target, expected: panel }: Query,
  expr: string,
): Promise<readonly string[]> {
  const value = panel?.queries[target.refId];
  if (value === undefined) return ['Nothing is said about it in dashboards/truth/expected.ts.'];
  const results = await prometheus.query(expr);
  const shownValues = results.map(
    (result) => [nameOf(result, target), relativeToEnd(result.value, prometheus.end)] as const,
  );
  const wanted = typeof value === 'number' ? { [shownValues[0]?.[0] ?? '']: value } : value;
  const problems = shownValues
    .filter(([name]) => !(name in wanted))
    .map(([name, number]) => `It shows ${name} (${number}), which is not expected.`);
  for (const [name, number] of Object.entries(wanted)) {
    const found = shownValues.filter(([each]) => each === name);
    if (found.length !== 1)
      problems.push(`It shows ${name} ${found.length} times; expected once: ${number}.`);
    else if (!near(found[0]?.[1] ?? Number.NaN, number))
      problems.push(`It shows ${name} as ${found[0]?.[1]}; expected ${number}.`);
  }
  return problems;
}
