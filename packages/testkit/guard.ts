import { afterAll } from '@jest/globals';
import { type Guarded, type Guardian, startGuardian } from '@sightline/servers/guardian.ts';

let guardian: Guardian | undefined;
afterAll(() => guardian?.release(), 60_000);

/** Ends and removes this after the tests of the file, also when jest was killed. */
export function guard(guarded: Guarded): void {
  guardian ??= startGuardian();
  guardian.entrust(guarded);
}
