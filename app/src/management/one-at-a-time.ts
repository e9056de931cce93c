import { Problem } from '../http/problem.ts';

/**
 * Lets one in, until it calls what it got.
 * @param seconds how long it expects to stay, for the others' `Retry-After`
 * @throws Problem `profile-in-progress` while another is in
 */
export type Enter = (seconds: number) => () => void;

/** A place for one profile at a time. */
export function oneAtATime(): Enter {
  let occupiedUntil: number | undefined;
  return (seconds) => {
    if (occupiedUntil !== undefined) {
      const wait = Math.max(1, Math.ceil((occupiedUntil - performance.now()) / 1000));
      throw new Problem('profile-in-progress', `Another profile is being taken. Try again in ${wait} s.`, {
        headers: { 'Retry-After': String(wait) },
      });
    }
    occupiedUntil = performance.now() + seconds * 1000;
    return () => {
      occupiedUntil = undefined;
    };
  };
}
