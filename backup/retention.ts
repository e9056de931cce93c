/** Which backups are kept. */
import { startOf } from './manifest.ts';

export interface Retention {
  /** How many of the newest. */
  readonly last: number;
  /**
   * Number of days (and of weeks), in UTC, of which the last backup is kept. Those without a backup don't
   * count.
   */
  readonly daily: number;
  readonly weekly: number;
}

const dayMs = 24 * 60 * 60_000;
const dayOf = (id: string) => Math.floor(startOf(id).getTime() / dayMs);
/** The first day of 1970 was a Thursday. */
const weekOf = (id: string) => Math.floor((dayOf(id) + 3) / 7);

/** The newest of each period, of so many periods. */
function newestOfEach(ids: readonly string[], periodOf: (id: string) => number, periods: number): string[] {
  const newest = new Map<number, string>();
  for (const id of ids) if (!newest.has(periodOf(id))) newest.set(periodOf(id), id);
  return [...newest.values()].slice(0, periods);
}

/**
 * Those that may go.
 * @param ids the newest first
 * @param spared that stay, whatever their age: the one just made, by a clock that may be wrong, and the one that a restore
 *   drill last found complete
 */
export function superfluous(
  ids: readonly string[],
  { last, daily, weekly }: Retention,
  spared: readonly (string | undefined)[] = [],
): readonly string[] {
  const kept = new Set([
    // The newest stays also when nothing else is wanted.
    ...ids.slice(0, Math.max(1, last)),
    ...newestOfEach(ids, dayOf, daily),
    ...newestOfEach(ids, weekOf, weekly),
    ...spared,
  ]);
  return ids.filter((id) => !kept.has(id));
}
