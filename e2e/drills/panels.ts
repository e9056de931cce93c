import { scrapeIntervalSeconds } from '@sightline/monitoring/prometheus/jobs.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { loadDashboards } from '../verify/dashboards.ts';
import { type View, verdictsOf } from '../verify/panels.ts';
import type { FaultPanel } from './drill.ts';
import type { SystemUnderTest } from './system.ts';

/** Before the fault, so that a graph has something to compare with. In milliseconds. */
const beforeMs = 30_000;

/** Sentences about panels that show nothing though their fault lasts. Times in milliseconds since 1970. */
export async function faultPanelProblems(
  panels: readonly FaultPanel[],
  { addresses }: SystemUnderTest,
  faultAt: number,
): Promise<string[]> {
  if (panels.length === 0) return [];
  const dashboards = loadDashboards();
  const view: View = {
    prometheus: prometheusAt(addresses.PROMETHEUS_URL),
    range: { from: faultAt - beforeMs, to: Date.now() },
    scrapeMs: scrapeIntervalSeconds.native * 1000,
  };
  const found = await Promise.all(
    panels.map(async ({ dashboard: uid, panel }) => {
      const dashboard = dashboards.find((one) => one.uid === uid);
      const queries = dashboard?.queries.filter((query) => query.panel === panel) ?? [];
      if (dashboard === undefined || queries.length === 0)
        return [`The drill names the panel "${panel}" of ${uid}, which isn't there.`];
      return (await verdictsOf({ ...dashboard, queries }, view, [])).flatMap(
        ({ sentence }) => sentence ?? [],
      );
    }),
  );
  return found.flat();
}
