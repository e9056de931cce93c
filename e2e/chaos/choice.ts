/** Which fault comes next, by the seed. */

import { randomOf, shuffled } from '@sightline/testkit/random.ts';
import type { ChaosFault } from './faults.ts';

export interface Choice<Fault> {
  readonly fault: Fault;
  /** How long it lasts. */
  readonly seconds: number;
}

/**
 * Faults without an end: each once in an order of chance, then each once in another. The same seed and table give the
 * same ones, whatever this machine can run of them.
 */
export function* choicesOf<Fault extends Pick<ChaosFault, 'name' | 'lasts'>>(
  seed: number,
  faults: readonly Fault[],
): Generator<Choice<Fault>, never> {
  const random = randomOf(seed);
  let before: string | undefined;
  for (;;) {
    const round = shuffled(faults, random);
    // The first of a round is not the last of the one before: two different faults in a row show more.
    if (round.length > 1 && round[0]?.name === before) round.reverse();
    for (const fault of round) {
      const [min, max] = fault.lasts;
      yield { fault, seconds: Math.round((min + random() * (max - min)) * 10) / 10 };
    }
    before = round.at(-1)?.name;
  }
}
