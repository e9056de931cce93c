/** A heatmap's cells: what a histogram's cumulative buckets count, each for itself. */
import type { Series } from '@sightline/testkit/prometheus-answer.ts';

export interface Buckets {
  /** In milliseconds since 1970. */
  readonly times: readonly number[];
  /** From the least bound to the greatest. */
  readonly rows: readonly {
    /** The upper bound. */
    readonly bound: number;
    /** One a time. */
    readonly counts: readonly number[];
  }[];
  /** The greatest count; 0 where there is none. */
  readonly max: number;
}

export function bucketsOf(series: readonly Series[]): Buckets {
  const cumulative = series
    .map(({ labels, samples }) => ({
      bound: Number((labels['le'] ?? '').replace('Inf', 'Infinity')),
      byTime: new Map(samples.map(({ at, value }) => [at, value])),
    }))
    .toSorted((one, other) => one.bound - other.bound);
  const times = [...new Set(cumulative.flatMap(({ byTime }) => [...byTime.keys()]))].toSorted(
    (a, b) => a - b,
  );
  const rows = cumulative.map(({ bound, byTime }, index) => ({
    bound,
    counts: times.map((at) => {
      const count = (byTime.get(at) ?? 0) - (cumulative[index - 1]?.byTime.get(at) ?? 0);
      // Rates of two buckets may differ by what a double can't hold.
      return count > 1e-9 ? count : 0;
    }),
  }));
  return {
    times,
    rows,
    max: rows.reduce((max, { counts }) => counts.reduce((max, one) => Math.max(max, one), max), 0),
  };
}
