/** The thresholds that panels draw, each from where it was agreed: an SLO, or what an alert compares with. */
import { evaluate } from '@sightline/alerts/jsonnet.ts';
import type { Slo } from '@sightline/contract/signal.ts';
import { slos } from '@sightline/contract/signals.ts';
import type { Dashboard, Panel, Step } from '../dashboards.ts';
import { panelsOf } from '../dashboards.ts';

interface AlertConfig {
  readonly alerts: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  readonly burnRates: readonly { readonly severity: string; readonly factor: number }[];
}

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds within which an answer is a good one. */
function bound({ good }: Slo): number {
  const le = good.matchers.find(([label]) => label === 'le')?.[2];
  if (le === undefined) throw new Error('An SLO that is not about latency has no bound.');
  return Number.parseFloat(le);
}

/** All that the objective allows. */
const allowed = ({ objective }: Slo) => Number((1 - objective).toFixed(9));

/** Any fault at all. */
const any = [1];
const latencies = [bound(slos['latency-100ms']), bound(slos['latency-500ms'])];

/** Numbers by the title of the panel, those of a table's columns after their title; from low to high. */
async function agreed(): Promise<Readonly<Record<string, readonly number[]>>> {
  const { alerts, burnRates } = (await evaluate(
    "local c = (import 'config.libsonnet')._config; { alerts: c.alerts, burnRates: c.burnRates }",
  )) as AlertConfig;
  const of = (alert: string, setting: string): number => {
    const value = alerts[alert]?.[setting];
    if (value === undefined) throw new Error(`alerts/config.libsonnet has no ${setting} of ${alert}.`);
    if (typeof value === 'number') return value;
    return Number.parseInt(value, 10) * secondsOf[value.slice(-1) as keyof typeof secondsOf];
  };
  const slowest = (severity: string) =>
    Math.min(...burnRates.filter((rate) => rate.severity === severity).map(({ factor }) => factor));
  const burn = [slowest('ticket'), slowest('page')];
  const budget = [0, 0.25];
  return {
    Availability: [slos.availability.objective],
    'Latency SLI (100 ms)': [slos['latency-100ms'].objective],
    'Error budget left': budget,
    'Targets up': any,
    'Firing alerts': any,
    'Error rate (5xx)': [allowed(slos.availability)],
    'Latency p50 / p95 / p99': latencies,

    'SLO overview: Error budget left': budget,
    'SLO overview: Burn rate, 1 hour': burn,
    'SLO overview: Burn rate, 6 hours': burn,
    'SLO overview: Burn rate, 3 days': burn,
    ...Object.fromEntries(
      Object.keys(slos).flatMap((slo) => [
        [`Error budget left: ${slo}`, budget],
        [`Error budget over time: ${slo}`, budget],
        [`Burn rate: ${slo}`, burn],
      ]),
    ),

    'Requests, errors and latency by route: Failed': [allowed(slos.availability)],
    'Requests, errors and latency by route: p99': latencies,
    'Top 10 routes by errors (5xx)': any,
    'Top 10 routes by latency p99': latencies,
    'Latency p95 by route': latencies,

    'Callback errors': any,
    Restarts: [1, of('RestartingRepeatedly', 'restarts') + 1],
    'Event loop lag p50 / p99': [of('EventLoopLag', 'seconds')],
    'Memory utilization': [of('MemoryNearLimit', 'share')],

    'Query latency p95': [of('SlowQueries', 'seconds')],
    'Connection wait p95': [of('StatementsQueueing', 'seconds')],
    'Time since last clean-up': [of('MaintenanceStale', 'age')],
    'Time since last backup': [of('BackupStale', 'age')],
    'Time since last restore drill': [of('RestoreDrillStale', 'age')],

    'Log lines lost by the service': any,
    'Shipping lag': [of('LogPipelineLagging', 'age')],
    'Time since last shipped batch': [of('LogPipelineStalled', 'age')],
    'Dead letters': any,

    'Firing pages': any,
    'Firing tickets': any,
    'Certificate expiry': [of('CertificateExpiring', 'days') * secondsOf.d],
    'Disk free': [of('DiskFilling', 'share'), of('DiskFilling', 'soonShare')],

    'k6 error rate': [allowed(slos.availability)],
    'k6 checks passed': any,
    'Latency p50 / p95 / p99 by k6': latencies,
    'Latency p50 / p95 / p99 by the service': latencies,
    'k6 latency p99 by request': latencies,
  };
}

const valuesOf = (steps: readonly Step[]) => steps.flatMap(({ value }) => (value === null ? [] : [value]));

/** The thresholds of a panel and of its columns, by their titles. */
function drawn({ title, fieldConfig }: Panel): readonly (readonly [string, readonly number[]])[] {
  const columns = fieldConfig.overrides.flatMap(({ matcher, properties }) =>
    properties
      .filter(({ id }) => id === 'thresholds')
      .map(({ value }) => {
        const { steps } = value as { steps: readonly Step[] };
        return [`${title}: ${matcher.options}`, valuesOf(steps)] as const;
      }),
  );
  const own = [title, valuesOf(fieldConfig.defaults.thresholds.steps)] as const;
  return [own, ...columns].filter(([, values]) => values.length > 0);
}

/** Sentences about thresholds that are not as agreed, or agreed and nowhere drawn. */
export async function wrongThresholds(dashboards: readonly Dashboard[]): Promise<readonly string[]> {
  const table = await agreed();
  const all = dashboards.flatMap((dashboard) => panelsOf(dashboard).flatMap(drawn));
  const wrong = all
    .filter(([title, values]) => table[title]?.join() !== values.join())
    .map(
      ([title, values]) =>
        `${title} draws ${values.join(', ')}; agreed: ${table[title]?.join(', ') ?? 'nothing'}.`,
    );
  const missing = Object.keys(table)
    .filter((title) => !all.some(([each]) => each === title))
    .map((title) => `${title} draws no thresholds; agreed: ${table[title]?.join(', ')}.`);
  return [...wrong, ...missing];
}
