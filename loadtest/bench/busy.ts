/** Whether the machine was too busy with something else for a benchmark to be believed. */

/** From so many times as long on, work was held up. */
const heldUp = 1.25;
/** From such a share of looks on, the run is not to be believed. */
const tooMany = 0.1;

/** How often something else was found to want a core of a benchmark. */
export interface Contention {
  readonly looks: number;
  /** Looks whose work was held up. */
  readonly busy: number;
}

/** @param slowdowns of each look, that of the core where it was worst */
export const contentionOf = (slowdowns: readonly number[]): Contention => ({
  looks: slowdowns.length,
  busy: slowdowns.filter((one) => one >= heldUp).length,
});

export const isBusy = ({ looks, busy }: Contention): boolean => busy >= tooMany * looks;
