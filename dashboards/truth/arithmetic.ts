/** Results of PromQL over known series, worked out another way: by adding up what they were made of. */
import { metrics } from '@sightline/contract/signals.ts';
import type { Observations } from './series.ts';

/** Values of both selected instances: the second has twice those of the first. */
export const both = (value: number): number => 3 * value;

const shownSeconds = 3600;
/** From the first to the last scrape that is shown, which Prometheus stretches to what is shown. */
const seenSeconds = 3585;
const recentSeconds = 60;

/** Events in what is shown, of counters with these rates before the last minute and within. */
export const inRange = (now: number, before = now / 4): number =>
  ((before * (seenSeconds - recentSeconds) + now * recentSeconds) * shownSeconds) / seenSeconds;

/** Seconds ago, of what was shown. */
export const perSecondInRange = (now: number, before = now / 4): number =>
  inRange(now, before) / shownSeconds;

/** All observations together. */
export function together(...all: readonly Observations[]): Observations {
  const sum: Record<string, number> = {};
  for (const each of all)
    for (const [bound, count] of Object.entries(each)) sum[bound] = (sum[bound] ?? 0) + count;
  return sum;
}

const times = (observations: Observations, factor: number): Observations =>
  Object.fromEntries(Object.entries(observations).map(([bound, count]) => [bound, count * factor]));

/** Observations in what is shown, by what was observed a second in the last minute and before. */
export const observedInRange = (now: Observations, before: Observations): Observations =>
  together(times(now, recentSeconds), times(before, seenSeconds - recentSeconds));

/** Observations a second that are within a bound. */
export const within = (observations: Observations, bound: number): number =>
  Object.entries(observations).reduce((sum, [each, count]) => sum + (Number(each) <= bound ? count : 0), 0);

/** The quantile of observations that are spread evenly within their bucket, which begins where the one below ends. */
export function quantile(name: keyof typeof metrics, share: number, observations: Observations): number {
  const signal = metrics[name];
  if (!('buckets' in signal)) throw new Error(`${name} has no buckets.`);
  const bounds: readonly number[] = signal.buckets;
  const wanted = share * within(observations, Number.POSITIVE_INFINITY);
  for (const [index, bound] of bounds.entries()) {
    const below = bounds[index - 1] ?? 0;
    const [before, upTo] = [within(observations, below), within(observations, bound)];
    if (upTo >= wanted && upTo > before)
      return below + ((bound - below) * (wanted - before)) / (upTo - before);
  }
  return Number.NaN;
}
