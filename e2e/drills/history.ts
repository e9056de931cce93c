/**
 * A healthy past for a fresh Prometheus: its long windows would else hold seconds only, and the first failure would be a
 * large part of them. Of each series that the rules read there is a sample a second, up to now: what targets say at this
 * moment, unchanged, but for the requests, which came at a steady rate and were answered well.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { namesIn } from '@sightline/alerts/promql.ts';
import type { RuleGroup } from '@sightline/alerts/rules.ts';
import { slos } from '@sightline/contract/signals.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { prometheusConfigurationFolder } from '@sightline/stack/native/scrape-targets.ts';
import type { Settings } from '@sightline/stack/native/settings.ts';
import { samplesOf } from '@sightline/testkit/emitted.ts';
import { tool } from '@sightline/tools/tools.ts';
import { parse } from 'yaml';

const run = promisify(execFile);

/** The longest window of the drill rules, the error budget's. */
const historySeconds = 15 * 60;

interface HealthyRequests {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  readonly perSecond: number;
}

/** The requests of the past: less than a drill sends, so that a fault soon shows in long windows. */
const healthy: readonly HealthyRequests[] = [
  { method: 'GET', route: '/v1/todos/:id', status: 200, seconds: 0.005, perSecond: 2 },
  { method: 'POST', route: '/v1/todos/batch', status: 201, seconds: 0.02, perSecond: 0.5 },
];

/** A series and its value at so many seconds ago. */
interface Series {
  /** With its labels, as the exposition writes it. */
  readonly name: string;
  readonly value: (secondsAgo: number) => number;
}

const labelOf = (series: string, label: string) => new RegExp(`[{,]${label}="([^"]*)"`).exec(series)?.[1];
const nameOf = (series: string) => series.replace(/\{.*/, '');

/** How much a series of the API grew in each second of the past. */
function growth(series: string): number {
  const of = healthy.find(
    ({ method, route }) => labelOf(series, 'method') === method && labelOf(series, 'route') === route,
  );
  if (of === undefined) return 0;
  const isAnswered = () => labelOf(series, 'status_class') === '2xx';
  const counted: Readonly<Record<string, () => boolean>> = {
    http_requests_total: () => labelOf(series, 'status') === String(of.status),
    http_request_duration_seconds_count: isAnswered,
    http_request_duration_seconds_bucket: () =>
      isAnswered() && of.seconds <= Number(labelOf(series, 'le')?.replace('+Inf', 'Infinity')),
  };
  return counted[nameOf(series)]?.() === true ? of.perSecond : 0;
}

/** `name{labels}` with the labels of its target on top. */
const labelled = (series: string, labels: Readonly<Record<string, string>>): string => {
  const own = /\{(.*)\}$/.exec(series)?.[1] ?? '';
  const more = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${nameOf(series)}{${[...(own === '' ? [] : [own]), ...more].join(',')}}`;
};

interface TargetFile {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The series of a target that the rules read, and that it was up. Nothing of one that doesn't answer. */
async function seriesOf(
  job: string,
  url: string,
  instance: string,
  read: ReadonlySet<string>,
): Promise<Series[]> {
  const labels = { job, instance };
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
    text = response.ok ? await response.text() : '';
  } catch {
    return [];
  }
  const scraped = [...samplesOf(text)]
    .filter(([series, value]) => read.has(nameOf(series)) && Number.isFinite(value))
    .map(([series, now]) => {
      const perSecond = growth(series);
      return {
        name: labelled(series, labels),
        value: (secondsAgo: number) => Math.max(0, now - perSecond * secondsAgo),
      };
    });
  return [{ name: labelled('up', labels), value: () => 1 }, ...scraped];
}

/** The series that recording rules would have made of the requests, as far as other rules look back on it. */
function recorded(read: ReadonlySet<string>): Series[] {
  const perSecond = (routes: (route: string) => boolean) =>
    healthy.filter(({ route }) => routes(route)).reduce((sum, one) => sum + one.perSecond, 0);
  const routesOf = { api: () => true, fast: (route: string) => !isSlow(route), slow: isSlow } as const;
  return [...read].flatMap((metric) => {
    const window = /^slo:sli_events_(?:total|good):increase(\d+)s$/.exec(metric)?.[1];
    if (window === undefined) return [];
    return Object.entries(slos).map(([slo, { routeClass }]) => {
      const events = perSecond(routesOf[routeClass]) * Number(window);
      return { name: labelled(metric, { job: 'todo-api', slo }), value: () => events };
    });
  });
}

const isSlow = (route: string) => route.endsWith('/batch');

/** The metrics that the rules of a stack read, those that they record among them. */
function metricsRead(rulesFolder: string): ReadonlySet<string> {
  const groups = readdirSync(rulesFolder).flatMap((file) => {
    const { groups } = parse(readFileSync(join(rulesFolder, file), 'utf8')) as {
      groups: readonly RuleGroup[];
    };
    return groups;
  });
  const rules = groups.flatMap((group) => group.rules);
  return new Set(rules.flatMap((rule) => namesIn(rule.expr).selectors.map(({ metric }) => metric)));
}

/** Where the metrics of a target are. Of the blackbox exporter's, they are those of a probe. */
function addressOf(job: string, target: string, labels: Readonly<Record<string, string>>): string {
  return job === 'blackbox'
    ? `http://${labels['__exporter']}/probe?module=http_2xx&target=${encodeURIComponent(target)}`
    : `http://${target}/metrics`;
}

/**
 * Gives the data of a Prometheus that is not running a history.
 * Throws when promtool refuses it, and the file system's error.
 */
export async function writeHistory(settings: Settings, signal: AbortSignal): Promise<void> {
  const configuration = prometheusConfigurationFolder(settings);
  const read = metricsRead(join(configuration, 'rules'));
  const targets = readdirSync(join(configuration, 'targets')).flatMap((file) => {
    const groups = JSON.parse(readFileSync(join(configuration, 'targets', file), 'utf8')) as TargetFile[];
    const job = file.replace(/\.json$/, '');
    return groups.flatMap(({ targets, labels }) =>
      targets.map((target) => seriesOf(job, addressOf(job, target, labels), target, read)),
    );
  });
  const series = [...(await Promise.all(targets)).flat(), ...recorded(read)];

  const data = join(pathsIn(settings.stackDirectory).data('prometheus'), 'tsdb');
  mkdirSync(data, { recursive: true });
  const file = `${data}.history`;
  writeFileSync(file, exposition(series, Math.floor(Date.now() / 1000)));
  try {
    const promtool = await tool('promtool', { signal });
    await run(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', file, data], { signal });
  } finally {
    rmSync(file);
  }
}

/** OpenMetrics, whose times are in seconds; the samples of a metric have to stand together. */
function exposition(series: readonly Series[], now: number): string {
  const lines: string[] = [];
  for (const { name, value } of series.toSorted((one, other) =>
    nameOf(one.name) < nameOf(other.name) ? -1 : 1,
  ))
    for (let ago = historySeconds; ago >= 0; ago -= 1) lines.push(`${name} ${value(ago)} ${now - ago}`);
  return `${lines.join('\n')}\n# EOF\n`;
}
