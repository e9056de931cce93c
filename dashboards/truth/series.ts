/** Series of known values, as text that promtool makes blocks of. */

export type Labels = Readonly<Record<string, string>>;

/** A series; `valueAt` gives its value so many seconds before the end. */
export interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly valueAt: (age: number) => number;
}

/** Seconds between two samples, as between two scrapes. */
export const scrapeIntervalSeconds = 15;
/** Longer than what is looked at, so that a query that looks back too far sees something else. */
const historySeconds = 4200;

/**
 * Seconds before the end at which counters begin to count as they do now: a window of four scrapes sees just that, a
 * longer one more.
 */
const changeAge = 60;
/** How a rate goes within the last four scrapes: 1 on average over the last three, but not over a shorter window. */
const falling = [1, 1.5, 0.75, 0.75];
const rising = [1, 0.75, 0.75, 1.5];

/** Returns what a counter counts from so long ago to the end, by its rates before the change and now. */
function counted(age: number, before: number, now: number, shape = falling): number {
  const recent = shape.reduce((sum, factor, index) => {
    const ageOfStep = changeAge - index * scrapeIntervalSeconds;
    const covered = Math.min(Math.max(age - ageOfStep + scrapeIntervalSeconds, 0), scrapeIntervalSeconds);
    return sum + covered * factor * now;
  }, 0);
  return recent + Math.max(age - changeAge, 0) * before;
}

/** Far from zero, where Prometheus would guess when a counter began. */
const counterStart = 1_000_000;

/** @param now a second within the last minute, @param before a second until then */
export const counter = (name: string, labels: Labels, now: number, before = now / 4): Series => ({
  name,
  labels,
  valueAt: (age) => counterStart - counted(age, before, now),
});

export const gauge = (name: string, labels: Labels, value: number): Series => ({
  name,
  labels,
  valueAt: () => value,
});

/** A gauge that changed: its values with the age, in seconds, at which each began, the oldest first. */
export const steps = (
  name: string,
  labels: Labels,
  values: readonly (readonly [age: number, value: number])[],
): Series => ({
  name,
  labels,
  valueAt: (age) => values.findLast(([began]) => began >= age)?.[1] ?? Number.NaN,
});

/** Observations a second by the bucket that they fall into, named by its upper bound. */
export type Observations = Readonly<Record<string, number>>;

/**
 * A histogram's buckets, count and sum; each observation is as great as the bound of its bucket. Every second bucket
 * rises within the last scrapes, so that a shorter window has other quantiles.
 */
export function histogram(
  name: string,
  labels: Labels,
  bounds: readonly number[],
  now: Observations,
  before: Observations,
): readonly Series[] {
  const all = Number.POSITIVE_INFINITY;
  const upTo =
    (max: number, weight: (bound: number) => number = () => 1) =>
    (age: number) =>
      bounds
        .filter((bound) => bound <= max)
        .reduce((value, bound, index) => {
          const [then, recently] = [before[bound] ?? 0, now[bound] ?? 0];
          return value - weight(bound) * counted(age, then, recently, index % 2 === 0 ? falling : rising);
        }, counterStart);
  return [
    ...[...bounds, all].map((bound) => ({
      name: `${name}_bucket`,
      labels: { ...labels, le: bound === all ? '+Inf' : String(bound) },
      valueAt: upTo(bound),
    })),
    { name: `${name}_count`, labels, valueAt: upTo(all) },
    { name: `${name}_sum`, labels, valueAt: upTo(all, (bound) => bound) },
  ];
}

/** The series as text of OpenMetrics. @param end the time of their last sample, in seconds of Unix */
export function openMetrics(all: readonly Series[], end: number): string {
  const lines: string[] = [];
  const byName = Map.groupBy(all, ({ name }) => name);
  for (const [name, series] of byName) {
    lines.push(`# TYPE ${name} unknown`);
    for (const { labels, valueAt } of series) {
      const text = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
      for (let age = historySeconds; age >= 0; age -= scrapeIntervalSeconds)
        lines.push(`${name}{${text.join(',')}} ${valueAt(age)} ${end - age}`);
    }
  }
  return [...lines, '# EOF', ''].join('\n');
}
