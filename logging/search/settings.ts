/** The settings of the searches. */
import { integer, matching, optional } from '@sightline/settings/kinds.ts';

const duration = matching(
  'seconds, minutes, hours or days, as in 30s, 15m, 2h or 7d',
  /^[1-9]\d{0,4}[smhd]$/,
);

/** How far back to look; unset: as far as lines are kept. */
export const since = optional(duration);

/** How many lines to show. Elasticsearch refuses more in one answer. */
export const limit = { ...integer(1, 10_000), unset: '200' };

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `15m` in milliseconds. */
export function milliseconds(duration: string): number {
  return Number.parseInt(duration, 10) * units[duration.slice(-1) as keyof typeof units];
}
