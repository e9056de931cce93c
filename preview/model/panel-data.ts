/** The data of a panel: its queries, asked as Grafana asks them. */

import type { Variables } from '@sightline/testkit/grafana/interpolate.ts';
import { runQuery, type View } from '@sightline/testkit/grafana/run-query.ts';
import { timeVariables } from '@sightline/testkit/grafana/time.ts';
import { choicesOf, type VariableChoice } from '@sightline/testkit/grafana/variables.ts';
import type { Dashboard, PanelQuery } from '@sightline/testkit/grafana/walk.ts';
import type { Series } from '@sightline/testkit/prometheus-answer.ts';
import type { Panel } from './panel.ts';

/** The answer to one query. */
export interface Answer {
  readonly query: PanelQuery;
  /** The query as it was sent. */
  readonly expr: string;
  readonly series: readonly Series[];
  /** Between two points of a graph, in milliseconds. */
  readonly step: number;
}

/** A view on a page of some width. */
export interface PageView extends View {
  /** In pixels of CSS; a graph gets as many points as it is wide. */
  readonly width: number;
}

/** From here on panels stand side by side, as the style sheet has it. */
export const wideFrom = 900;

const columns = 24;

/** Throws what Prometheus says of a query that it can't answer. */
export function askPanel(panel: Panel, variables: Variables, view: PageView): Promise<readonly Answer[]> {
  const share = view.width < wideFrom ? 1 : panel.grid.w / columns;
  const maxDataPoints = Math.max(1, Math.round(view.width * share));
  return Promise.all(
    panel.queries.map(async (query) => ({
      query,
      ...(await runQuery({ ...query, maxDataPoints }, variables, view)),
    })),
  );
}

export interface OpenDashboard {
  readonly variables: Variables;
  readonly choices: ReadonlyMap<string, VariableChoice>;
}

/**
 * The variables of a dashboard.
 * @param wanted values by variable, where the reader has chosen
 * @throws Error with a sentence for a variable that has no value
 */
export async function openDashboard(
  dashboard: Dashboard,
  wanted: ReadonlyMap<string, readonly string[]>,
  { prometheus, range, scrapeMs }: View,
): Promise<OpenDashboard> {
  const builtIn = timeVariables(range, scrapeMs, scrapeMs);
  const variables = dashboard.variables.map((definition) => ({
    ...definition,
    current: wanted.get(definition.name) ?? definition.current,
  }));
  const choices = await choicesOf({ ...dashboard, variables }, prometheus, range, builtIn);
  const values = [...choices].map(([name, { value }]) => [name, value] as const);
  return { choices, variables: new Map([...builtIn, ...values]) };
}

/** Times to mark, in milliseconds since 1970, each once. Throws as `askPanel` does. */
export async function marksOf(
  { annotations }: Dashboard,
  variables: Variables,
  { prometheus, range, scrapeMs }: View,
): Promise<readonly { readonly at: number; readonly name: string }[]> {
  const asked = await Promise.all(
    annotations.map(async ({ name, expr, useValueForTime }) => {
      const query = { ...noQuery, expr };
      const { series } = await runQuery(query, variables, { prometheus, range, scrapeMs });
      const times = series.flatMap(({ samples }) =>
        samples.map(({ at, value }) => (useValueForTime ? value : at)),
      );
      return [...new Set(times)].map((at) => ({ at, name }));
    }),
  );
  return asked.flat().filter(({ at }) => at >= range.from && at <= range.to);
}

/** An annotation is asked for over the shown time, a point now and then. */
const noQuery = {
  instant: false,
  range: true,
  maxDataPoints: 200,
  legend: '',
  format: '',
};
