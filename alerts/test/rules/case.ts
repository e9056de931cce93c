/** The words that cases are written in: what is scraped, minute by minute, and which alerts fire when. */
import type { MetricSignal } from '@sightline/contract/signal.ts';
import { type foreignMetrics, metrics } from '@sightline/contract/signals.ts';

type Metrics = typeof metrics;
type Foreign = typeof foreignMetrics;
type OwnName = keyof Metrics;
type HistogramName = {
  [Name in OwnName]: Metrics[Name]['type'] extends 'histogram' ? Name : never;
}[OwnName];
type LabelOf<Name extends OwnName | keyof Foreign> = Name extends OwnName
  ? Extract<keyof Metrics[Name]['labels'], string>
  : Name extends keyof Foreign
    ? Foreign[Name]['labels'][number]
    : never;
/** The metric's own labels and those of the target it was scraped from. */
type Labels<Name extends OwnName | keyof Foreign> = Readonly<
  { [Label in LabelOf<Name>]?: string } & { job?: string; instance?: string }
>;

/** Series by their notation, as promtool reads them. */
export type Series = Readonly<Record<string, string>>;

/** An alert as it must be: all of its labels, and its texts in full. */
export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
  /** Uid of the dashboard. */
  readonly dashboard: string;
}

export interface AlertCase {
  readonly alert: string;
  /** The predicate of the sentence that begins with the name of the alert. */
  readonly does: string;
  readonly series: Series;
  /** How many minutes it is looked at. */
  readonly minutes: number;
  /** Minutes between two scrapes and two evaluations, where it takes days; `step` if it isn't there. */
  readonly every?: number;
  /** The alerts that fire, from and until which minute; without it nothing is even pending. */
  readonly firing?: { readonly from: number; readonly until: number; readonly as: readonly Firing[] };
  /** Set where it fires whatever the job of its series is, or for want of series. */
  readonly anyJob?: true;
}

/** Minutes between two scrapes and two evaluations, unless a case says another. */
export const step = 0.5;

export const api = { job: 'todo-api', instance: 'api-1:9464' } as const;
export const shipper = { job: 'log-shipper', instance: 'shipper:9465' } as const;

export const notation = (name: string, labels: Readonly<Record<string, string | undefined>>) =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;

/** A series of the contract or of another program, by a name and labels that exist. */
export function series<Name extends OwnName | keyof Foreign>(
  name: Name,
  labels: Labels<Name>,
  values: string,
): Series {
  return { [notation(name, labels)]: values };
}

/** How long, in minutes, and then what. */
export type Phase = readonly [minutes: number, value: number];

const stepsOf = (minutes: number, every: number) => Math.round(minutes / every);

/** A gauge: its value in each phase. */
export const gauge = (...phases: readonly Phase[]): string => gaugeEvery(step, phases);

/** The same with other minutes between two scrapes. */
export const gaugeEvery = (every: number, phases: readonly Phase[]): string =>
  phases.map(([minutes, value]) => `${value}x${stepsOf(minutes, every) - 1}`).join(' ');

/** A counter from 0: its increase a minute in each phase. */
export const counter = (...phases: readonly Phase[]): string => counterEvery(step, phases);

/** The same with other minutes between two scrapes. */
export function counterEvery(every: number, phases: readonly Phase[]): string {
  let last = 0;
  return phases
    .map(([minutes, perMinute]) => {
      const steps = stepsOf(minutes, every);
      const increase = perMinute * every;
      const from = last;
      last = from + increase * steps;
      return `${from}+${increase}x${steps - 1}`;
    })
    .join(' ');
}

/** How long, in minutes, and then how many observations a minute of which value. */
export type Observations = readonly [minutes: number, perMinute: Readonly<Record<number, number>>];

/** A histogram with all of its buckets. */
export function histogram<Name extends HistogramName>(
  name: Name,
  labels: Labels<Name>,
  ...phases: readonly Observations[]
): Series {
  const { buckets = [] } = metrics[name] as MetricSignal;
  const upTo = (bound: number) =>
    counter(
      ...phases.map(([minutes, perMinute]): Phase => {
        const counts = Object.entries(perMinute).filter(([value]) => Number(value) <= bound);
        return [minutes, counts.reduce((sum, [, count]) => sum + count, 0)];
      }),
    );
  const le = (bound: number) => (bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound));
  const bounds = [...buckets, Number.POSITIVE_INFINITY];
  return Object.fromEntries([
    ...bounds.map((bound) => [notation(`${name}_bucket`, { ...labels, le: le(bound) }), upTo(bound)]),
    [notation(`${name}_count`, labels), upTo(Number.POSITIVE_INFINITY)],
  ]);
}
