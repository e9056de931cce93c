/** The answers of Prometheus to a page, kept so that the page can be shown again without it. */
import type { TimeRange } from '@sightline/testkit/grafana/time.ts';
import type { Queries, Series } from '@sightline/testkit/prometheus-answer.ts';

type Labels = Readonly<Record<string, string>>;

/** A series in few bytes: its values one step after the other, null where there is none. */
interface KeptSeries {
  readonly labels: Labels;
  readonly from: number;
  readonly step: number;
  readonly values: readonly (number | null)[];
}

export interface Recording {
  readonly range: TimeRange;
  readonly scrapeMs: number;
  readonly width: number;
  readonly series: Readonly<Record<string, readonly KeptSeries[]>>;
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** Digits of a value that a graph shows; more would be bytes that nobody sees. */
const kept = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null);

function compact({ labels, samples }: Series, step: number): KeptSeries {
  const from = samples[0]?.at ?? 0;
  const values: (number | null)[] = [];
  for (const { at, value } of samples) {
    const place = step === 0 ? 0 : Math.round((at - from) / step);
    while (values.length < place) values.push(null);
    values.push(kept(value));
  }
  return { labels, from, step, values };
}

const whole = ({ labels, from, step, values }: KeptSeries): Series => ({
  labels,
  samples: values.flatMap((value, index) => (value === null ? [] : [{ at: from + index * step, value }])),
});

const instantKey = (expr: string) => `instant ${expr}`;
const rangeKey = (expr: string, step: number) => `range ${step} ${expr}`;
const labelKey = (label: string, selectors: readonly string[]) => [label, ...selectors].join(' ');

/** Asks and keeps what comes back. The times of all that is asked have to be of one view. */
export function recorder(prometheus: Queries): {
  queries: Queries;
  kept: () => Pick<Recording, 'series' | 'values'>;
} {
  const series = new Map<string, readonly KeptSeries[]>();
  const values = new Map<string, readonly string[]>();
  const queries: Queries = {
    async instant(expr, at) {
      const found = await prometheus.instant(expr, at);
      series.set(
        instantKey(expr),
        found.map((one) => compact(one, 0)),
      );
      return found;
    },
    async range(expr, from, to, stepMs) {
      const found = await prometheus.range(expr, from, to, stepMs);
      series.set(
        rangeKey(expr, stepMs),
        found.map((one) => compact(one, stepMs)),
      );
      return found;
    },
    async labelValues(label, selectors, from, to) {
      const found = await prometheus.labelValues(label, selectors, from, to);
      values.set(labelKey(label, selectors), found);
      return found;
    },
  };
  return {
    queries,
    kept: () => ({ series: Object.fromEntries(series), values: Object.fromEntries(values) }),
  };
}

/** Answers as Prometheus did; a rejection with a sentence for what it was not asked then, or had no answer to. */
export function replayed({ series, values }: Recording): Queries {
  const has = <Kept>(found: Kept | undefined, expr: string): Promise<Kept> =>
    found === undefined
      ? Promise.reject(new Error(`Prometheus had no answer when this report was made: ${expr}`))
      : Promise.resolve(found);
  return {
    instant: async (expr) => (await has(series[instantKey(expr)], expr)).map(whole),
    range: async (expr, _from, _to, stepMs) => (await has(series[rangeKey(expr, stepMs)], expr)).map(whole),
    labelValues: (label, selectors) => has(values[labelKey(label, selectors)], label),
  };
}
