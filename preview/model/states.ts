/** Bands of a state timeline: how long a series said the same. */
import type { Line } from './graph.ts';
import type { Field } from './panel.ts';
import { type ShownValue, shownValue } from './values.ts';

export interface Band extends ShownValue {
  /** In seconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** @param stepSeconds how long a value holds */
export function bandsOf(
  times: readonly number[],
  { values }: Line,
  field: Field,
  stepSeconds: number,
): readonly Band[] {
  const bands: Band[] = [];
  for (const [index, value] of values.entries()) {
    const at = times[index];
    if (value === null || at === undefined) continue;
    const shown = shownValue(value, field);
    const to = at + Math.min(stepSeconds, (times[index + 1] ?? at + stepSeconds) - at);
    const last = bands.at(-1);
    if (last !== undefined && last.text === shown.text && at <= last.to + 1e-3)
      bands[bands.length - 1] = { ...last, to };
    else bands.push({ ...shown, from: at, to });
  }
  return bands;
}
