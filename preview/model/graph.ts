/** Series on common times, as a graph takes them. */
import { nameOf } from './legend.ts';
import type { Answer } from './panel-data.ts';

export interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One a time; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface Graph {
  /** In seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/** Where a time is missing between others, there is a gap. */
export function graphOf(answers: readonly Answer[]): Graph {
  const stepMs = Math.max(...answers.map(({ step }) => step));
  const named = answers.flatMap(({ query, series }) =>
    series.map(({ labels, samples }) => ({ name: nameOf(query.legend, labels), labels, samples })),
  );
  const seen = [...new Set(named.flatMap(({ samples }) => samples.map(({ at }) => at)))].toSorted(
    (a, b) => a - b,
  );
  const times = seen.flatMap((at, index) => {
    const before = seen[index - 1];
    return before !== undefined && at - before > stepMs * 1.5 ? [before + stepMs, at] : [at];
  });
  const places = new Map(times.map((at, index) => [at, index]));
  const lines = named.map(({ name, labels, samples }) => {
    const values = new Array<number | null>(times.length).fill(null);
    for (const { at, value } of samples) {
      const place = places.get(at);
      if (place !== undefined && Number.isFinite(value)) values[place] = value;
    }
    return { name, labels, values };
  });
  return { times: times.map((at) => at / 1000), lines };
}

/** Each line on top of those before it; where one has no value, the others go on without it. */
export function stacked(lines: readonly Line[]): readonly Line[] {
  let below: readonly (number | null)[] = [];
  return lines.map((line) => {
    const values = line.values.map((value, index) => {
      const base = below[index] ?? null;
      return value === null ? base : (base ?? 0) + value;
    });
    below = values;
    return { ...line, values };
  });
}

/** Whether there is nothing to draw where only areas are: no value but 0. */
export const isZero = (lines: readonly Line[]): boolean =>
  lines.length > 0 && lines.every(({ values }) => values.every((value) => value === null || value === 0));

export const lastOf = ({ values }: Line): number => values.findLast((value) => value !== null) ?? Number.NaN;

export const maxOf = ({ values }: Line): number => {
  const max = values.reduce<number>(
    (max, value) => (value === null ? max : Math.max(max, value)),
    Number.NEGATIVE_INFINITY,
  );
  return max === Number.NEGATIVE_INFINITY ? Number.NaN : max;
};
