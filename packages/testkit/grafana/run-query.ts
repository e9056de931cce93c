/** Runs a panel's query as Grafana would. */
import type { Queries, Series } from '../prometheus-answer.ts';
import { interpolate, type Variables, type VariableValue } from './interpolate.ts';
import { durationMs, stepMs, type TimeRange, timeVariables } from './time.ts';
import type { PanelQuery } from './walk.ts';

/** The data source and the time that is shown, as Grafana knows them. */
export interface View {
  readonly prometheus: Queries;
  readonly range: TimeRange;
  /** The data source's `timeInterval`. */
  readonly scrapeMs: number;
}

/**
 * Runs a query as a view shows it. `times` replaces what Grafana would put in for windows.
 * @returns the query as it was sent, the series, and the step between their points in milliseconds
 */
export async function runQuery(
  query: Omit<PanelQuery, 'dashboard' | 'panel' | 'refId'>,
  variables: Variables,
  { prometheus, range, scrapeMs }: View,
  times: readonly (readonly [string, VariableValue])[] = [],
): Promise<{ expr: string; series: readonly Series[]; step: number }> {
  const { minStep } = query;
  const minMs = minStep === undefined ? scrapeMs : durationMs(interpolate(minStep, variables));
  const step = stepMs(range, query.maxDataPoints, minMs);
  const all = new Map([...variables, ...timeVariables(range, step, minMs), ...times]);
  const expr = interpolate(query.expr, all);
  // Grafana begins and ends a graph at whole steps.
  const aligned = (ms: number) => Math.floor(ms / step) * step;
  const results = await Promise.all([
    query.instant ? prometheus.instant(expr, range.to) : [],
    query.range ? prometheus.range(expr, aligned(range.from), aligned(range.to), step) : [],
  ]);
  return { expr, series: results.flat(), step };
}
