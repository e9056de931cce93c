/**
 * The queries that dashboards send to Prometheus, and the reading of its answers: without Node's own modules,
 * since pages do it too.
 */

export interface Sample {
  readonly at: number;
  readonly value: number;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** One for an instant query. */
  readonly samples: readonly Sample[];
}

/** The queries that dashboards send. */
export interface Queries {
  /** @throws Error with what Prometheus says of the query */
  instant(expr: string, at: number): Promise<readonly Series[]>;
  range(expr: string, from: number, to: number, stepMs: number): Promise<readonly Series[]>;
  labelValues(
    label: string,
    selectors: readonly string[],
    from: number,
    to: number,
  ): Promise<readonly string[]>;
}

type Pair = readonly [seconds: number, value: string];
export interface Result {
  readonly resultType: 'vector' | 'matrix' | 'scalar' | 'string';
  readonly result: unknown;
}

const sampleOf = ([seconds, value]: Pair): Sample => ({
  at: Math.round(seconds * 1000),
  value: numberOf(value),
});
/** Go writes infinities as +Inf and -Inf. */
export const numberOf = (text: string) => Number(text.replace('Inf', 'Infinity'));

/** The series of an answer; a string has none. */
export function seriesOf({ resultType, result }: Result): readonly Series[] {
  if (resultType === 'scalar') return [{ labels: {}, samples: [sampleOf(result as Pair)] }];
  if (resultType === 'string') return [];
  return (
    result as readonly { metric: Record<string, string>; value?: Pair; values?: readonly Pair[] }[]
  ).map(({ metric, value, values = [] }) => ({
    labels: metric,
    samples: (value === undefined ? values : [value]).map(sampleOf),
  }));
}
