/** Runs the queries of dashboards as Grafana would, and says what came back. */
import type { QuietPanel } from '@sightline/dashboards/quiet-panels.ts';
import type { PanelFinding } from '@sightline/preview/report.ts';
import type { Variables } from '@sightline/testkit/grafana/interpolate.ts';
import { interpolate } from '@sightline/testkit/grafana/interpolate.ts';
import { runQuery, type View } from '@sightline/testkit/grafana/run-query.ts';
import { type TimeRange, timeVariables } from '@sightline/testkit/grafana/time.ts';
import { variablesOf } from '@sightline/testkit/grafana/variables.ts';
import type { Dashboard, PanelQuery } from '@sightline/testkit/grafana/walk.ts';
import type { Series } from '@sightline/testkit/prometheus-answer.ts';

export { runQuery, type View } from '@sightline/testkit/grafana/run-query.ts';

export interface PanelVerdict extends PanelFinding {
  /** The fault in a sentence; undefined when the panel is ok. */
  readonly sentence: string | undefined;
  /** Whether it has no data and may. */
  readonly quiet: boolean;
}

/** The variables that someone sees who opens the dashboard. Throws a sentence for one without a value. */
export function openDashboard(
  dashboard: Dashboard,
  { prometheus, range, scrapeMs }: View,
): Promise<Variables> {
  return variablesOf(dashboard, prometheus, range, timeVariables(range, scrapeMs, scrapeMs));
}

/** The queries of a panel that is repeated for a variable: one a value. */
function repeated(query: PanelQuery, variables: Variables): readonly Variables[] {
  const variable = query.repeat === undefined ? undefined : variables.get(query.repeat);
  if (query.repeat === undefined || variable === undefined) return [variables];
  const { repeat } = query;
  return variable.values.map(
    (value) => new Map([...variables, [repeat, { values: [value], isPattern: true }]]),
  );
}

const hasNumber = ({ samples }: Series) => samples.some(({ value }) => Number.isFinite(value));

const nameOf = (dashboard: Dashboard, { panel, refId }: PanelQuery) =>
  `Dashboard "${dashboard.title}", panel "${panel}", query ${refId}`;

const secondsOf = ({ from, to }: TimeRange) => Math.round((to - from) / 1000);

async function verdictOf(
  dashboard: Dashboard,
  query: PanelQuery,
  variables: Variables,
  view: View,
  quietPanels: readonly QuietPanel[],
): Promise<PanelVerdict> {
  const { panel, refId } = query;
  const finding = { dashboard: dashboard.uid, panel, refId };
  const name = nameOf(dashboard, query);
  const mayBeQuiet = quietPanels.some(
    (quiet) =>
      quiet.dashboard === dashboard.uid && quiet.panel === panel && (quiet.refIds?.includes(refId) ?? true),
  );
  try {
    const { expr, series } = await runQuery(query, variables, view);
    const count = series.filter(hasNumber).length;
    const got = series.length === 0 ? 'nothing' : 'no number';
    const wrong =
      count > 0 || mayBeQuiet
        ? undefined
        : `${name} has to show data over the ${secondsOf(view.range)} s of the traffic, and shows ${got}: ${expr}`;
    const ok = wrong === undefined;
    return { ...finding, expr, ok, series: count, sentence: wrong, quiet: count === 0 && mayBeQuiet };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = `${name} can't be asked: ${reason}: ${query.expr}`;
    return { ...finding, expr: query.expr, ok: false, series: 0, sentence, quiet: false };
  }
}

/** Works on at most so many at once, and gives the results in order. */
async function each<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  const worker = async () => {
    for (const [index, item] of rest) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

const queriesAtOnce = 4;

/** Runs every query of a dashboard; a repeated panel's once a value. */
export async function verdictsOf(
  dashboard: Dashboard,
  view: View,
  quietPanels: readonly QuietPanel[],
): Promise<PanelVerdict[]> {
  const variables = await openDashboard(dashboard, view);
  const runs = dashboard.queries.flatMap((query) =>
    repeated(query, variables).map((values) => ({ query, values })),
  );
  return each(runs, queriesAtOnce, ({ query, values }) =>
    verdictOf(dashboard, query, values, view, quietPanels),
  );
}

/** Sentences about annotations that can't be asked for; that there are none is fine. */
export async function annotationFaults(dashboard: Dashboard, view: View): Promise<string[]> {
  const variables = await openDashboard(dashboard, view);
  const { prometheus, range, scrapeMs } = view;
  const faults = await each(dashboard.annotations, queriesAtOnce, async ({ name, expr }) => {
    try {
      const asked = interpolate(expr, variables);
      await prometheus.range(asked, range.from, range.to, scrapeMs);
      return [];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return [`Dashboard "${dashboard.title}", annotation "${name}" can't be asked: ${reason}: ${expr}`];
    }
  });
  return faults.flat();
}

/** Entries of the list that name no panel: they would hide the next panel of that name. */
export function staleQuietPanels(
  dashboards: readonly Dashboard[],
  quietPanels: readonly QuietPanel[],
): string[] {
  const queries = dashboards.flatMap((dashboard) => dashboard.queries);
  return quietPanels
    .filter(
      ({ dashboard, panel, refIds }) =>
        !queries.some(
          (query) =>
            query.dashboard === dashboard && query.panel === panel && (refIds?.includes(query.refId) ?? true),
        ),
    )
    .map(
      ({ dashboard, panel }) =>
        `dashboards/quiet-panels.ts names the panel "${panel}" of ${dashboard}, which isn't there.`,
    );
}
