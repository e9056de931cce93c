/** Lines of a process that are missing, by the numbers of those that are there. */

/** A line's own id: boot id and sequence number. */
const eventId = /^(.+)-(\d+)$/;

/** The known lines of one process. */
interface Sequence {
  /** Numbers that are there, as ranges without a common border, in order. */
  readonly ranges: [first: number, last: number][];
  lines: number;
  repeated: number;
}

/** Numbers that are missing of one process: `first` to `last`, both included. */
export interface Gap {
  readonly first: number;
  readonly last: number;
}

export interface Boot {
  readonly bootId: string;
  /** How many different numbers are there. */
  readonly lines: number;
  /** How many lines came with a number that was there already. */
  readonly repeated: number;
  /** Up to the last number that is there. */
  readonly gaps: readonly Gap[];
}

/** Collects the ids of lines in any order; memory grows with the gaps, not with the lines. */
export class Sequences {
  readonly #boots = new Map<string, Sequence>();
  /** Lines without an id of that form. */
  foreign = 0;

  add(id: unknown): void {
    const [, bootId, digits] = eventId.exec(String(id)) ?? [];
    if (bootId === undefined) {
      this.foreign += 1;
      return;
    }
    const boot = this.#boots.get(bootId) ?? { ranges: [], lines: 0, repeated: 0 };
    this.#boots.set(bootId, boot);
    if (insert(boot.ranges, Number(digits))) boot.lines += 1;
    else boot.repeated += 1;
  }

  /**
   * In the order of their starts.
   * @param since milliseconds since 1970: of a process that began earlier the lines before the first that is there
   *   are not missing, but gone by retention or not asked for
   */
  boots(since: number): Boot[] {
    return [...this.#boots]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([bootId, { ranges, lines, repeated }]) => ({
        bootId,
        lines,
        repeated,
        gaps: gapsBetween(startOf(bootId) < since ? ranges : [[0, 0], ...ranges]),
      }));
  }
}

/** Sentences about what is missing or there more than once, in Elasticsearch where nothing else is said. */
export function faultsOf(boots: readonly Boot[], place = 'Elasticsearch'): string[] {
  return boots.flatMap(({ bootId, gaps, repeated }) => [
    ...gaps.map(
      ({ first, last }) => `Lines ${first} to ${last} of the process ${bootId} are not in ${place}.`,
    ),
    ...(repeated > 0 ? [`${repeated} lines of the process ${bootId} are in ${place} more than once.`] : []),
  ]);
}

/** A boot id begins with the time of the start, in hexadecimal milliseconds. */
const startOf = (bootId: string) => Number.parseInt(bootId.slice(0, 12), 16);

/** Whether the number is new. Most lines come in order, so the search begins at the end. */
function insert(ranges: [number, number][], number: number): boolean {
  let at = ranges.length - 1;
  while (at >= 0 && (ranges[at]?.[0] ?? 0) > number) at -= 1;
  const before = ranges[at];
  const after = ranges[at + 1];
  if (before !== undefined && number <= before[1]) return false;
  const touchesBefore = before !== undefined && number === before[1] + 1;
  const touchesAfter = after !== undefined && number === after[0] - 1;
  if (touchesBefore && touchesAfter) {
    before[1] = after[1];
    ranges.splice(at + 1, 1);
  } else if (touchesBefore) before[1] = number;
  else if (touchesAfter) after[0] = number;
  else ranges.splice(at + 1, 0, [number, number]);
  return true;
}

function gapsBetween(ranges: readonly (readonly [number, number])[]): Gap[] {
  return ranges.flatMap(([start], index) => {
    const before = ranges[index - 1];
    if (before === undefined || start <= before[1] + 1) return [];
    return [{ first: before[1] + 1, last: start - 1 }];
  });
}
