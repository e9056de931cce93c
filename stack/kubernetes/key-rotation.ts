/** The steps by which a signing key is replaced while instances with the key set of before and after run side by side. */
import { generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';
import type { SigningKey } from '@sightline/app/src/sessions/key-set.ts';

type KeySet = readonly SigningKey[];

/**
 * Steps by the name that the command takes. Each is safe beside instances that have done the step before it,
 * and no other.
 */
export const steps = {
  /** Every instance can verify the new key before any signs with it. */
  add: {
    does: 'a new key at the end, which verifies and does not sign yet',
    apply: (keys: KeySet): KeySet => [...keys, generateSigningKey()],
  },
  /** The newest signs; tokens of the others still verify. */
  sign: {
    does: 'the last key to the front, which signs',
    apply: (keys: KeySet): KeySet => [...keys.slice(-1), ...keys.slice(0, -1)],
  },
  /** Tokens of the others are worthless. */
  drop: {
    does: 'all keys but the first are gone, and their tokens with them',
    apply: (keys: KeySet): KeySet => keys.slice(0, 1),
  },
} as const;

export type Step = keyof typeof steps;

/**
 * The key set after a step.
 * @throws Error with a sentence when the step does nothing to this set
 */
export function rotated(keys: KeySet, step: Step): KeySet {
  if (step !== 'add' && keys.length < 2)
    throw new Error(`There is only one key, so "${step}" has nothing to do: "add" comes first.`);
  return steps[step].apply(keys);
}
