/** The words and the colour of a value. */
import type { Colour, Field, Panel } from './panel.ts';
import { formatValue } from './units.ts';

export interface ShownValue {
  readonly text: string;
  /** Undefined where neither a mapping nor a threshold has one. */
  readonly colour: Colour | undefined;
}

/** @param now of the shown time, in milliseconds since 1970 */
export function shownValue(
  value: number,
  { mappings, steps, unit, decimals }: Field,
  now?: number,
): ShownValue {
  const mapping = mappings.find((each) => each.value === String(value));
  const threshold = Number.isNaN(value)
    ? undefined
    : steps.findLast((step) => step.value === null || value >= step.value)?.colour;
  return {
    text: mapping?.text ?? formatValue(value, unit, decimals, now),
    colour: mapping?.colour ?? threshold,
  };
}

/** How the series or column of a name is written. */
export function fieldFor({ field, overrides }: Pick<Panel, 'field' | 'overrides'>, name: string): Field {
  const changes = overrides.filter(({ isFor }) => isFor(name)).map(({ change }) => change);
  return Object.assign({}, field, ...changes);
}
