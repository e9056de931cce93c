/** Records what the dashboards show of a run, by asking all that the page would ask. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import type { View } from '@sightline/testkit/grafana/run-query.ts';
import { durationMs, type TimeRange } from '@sightline/testkit/grafana/time.ts';
import { objectOf, readDashboard, textOf } from '@sightline/testkit/grafana/walk.ts';
import type { Prometheus } from '@sightline/testkit/prometheus.ts';
import { panelsOf } from './model/panel.ts';
import { askPanel, marksOf, openDashboard, type PageView } from './model/panel-data.ts';
import { recorder } from './model/recording.ts';
import type { RecordedDashboards } from './model/report.ts';

/** The width that a recording is asked for: a usual screen. */
const width = 1600;
const atOnce = 4;

/** The order of somebody who looks for what is wrong; others follow by their names. */
const firstDashboards = [
  'golden-signals',
  'slo',
  'api',
  'nodejs',
  'postgresql',
  'log-pipeline',
  'alerts',
  'load-test',
];

export interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The dashboard files as Grafana gets them. */
export function dashboardFiles(folder = join(checkout, 'dashboards/generated')): readonly DashboardFile[] {
  const placeOf = (uid: string) =>
    firstDashboards.includes(uid) ? firstDashboards.indexOf(uid) : firstDashboards.length;
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => objectOf(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
    .map((json) => ({ uid: textOf(json['uid']), title: textOf(json['title']), json }))
    .toSorted((one, other) => placeOf(one.uid) - placeOf(other.uid) || one.uid.localeCompare(other.uid));
}

/** Where Prometheus says nothing else. */
const usualScrapeMs = 15_000;
/** Milliseconds shown before the run, so that a run is seen to begin. */
const beforeMs = 30_000;

/** The dashboards over a run, whose times are in milliseconds since 1970. Throws a sentence when Prometheus is away. */
export async function recordRun(
  prometheus: Prometheus,
  run: TimeRange,
  service = 'todo-api',
): Promise<RecordedDashboards> {
  const target = (await prometheus.targets()).find(({ job }) => job === service);
  return recordDashboards({
    prometheus,
    range: { from: run.from - beforeMs, to: run.to },
    scrapeMs: target === undefined ? usualScrapeMs : durationMs(target.scrapeInterval),
  });
}

/** A query that fails is left out: the page then says so in its panel. */
export async function recordDashboards(view: View, files = dashboardFiles()): Promise<RecordedDashboards> {
  const { queries, kept } = recorder(view.prometheus);
  const own: PageView = { ...view, prometheus: queries, width };
  for (const { uid, json } of files) {
    const dashboard = readDashboard(json, uid);
    const opened = await openDashboard(dashboard, new Map(), own).catch(() => undefined);
    if (opened === undefined) continue;
    const panels = [...panelsOf(json)];
    await marksOf(dashboard, opened.variables, own).catch(() => []);
    while (panels.length > 0)
      await Promise.allSettled(
        panels.splice(0, atOnce).map((panel) => askPanel(panel, opened.variables, own)),
      );
  }
  const { range, scrapeMs } = view;
  return {
    files: files.map(({ json, uid, title }) => ({ ...json, uid, title })),
    recording: { range, scrapeMs, width, ...kept() },
  };
}
