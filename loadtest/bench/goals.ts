/** Something that was to be reached, and whether it was. */
export interface Goal {
  readonly what: string;
  readonly reached: boolean;
  readonly found: string;
}

/** A line each. */
export function goalLines(goals: readonly Goal[]): string {
  return goals
    .map(({ what, reached, found }) => `${reached ? 'reached' : 'MISSED '}  ${what} (${found})`)
    .join('\n');
}
