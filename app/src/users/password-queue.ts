import { Problem } from '../http/problem.ts';

/** Seconds after which a client may try again: a place in the queue is free within a fraction of one. */
const retryAfterSeconds = '1';

/** Bounds how much password work is done at once, so that a rush of log-ins slows down nothing but log-ins. */
export interface PasswordQueue {
  /**
   * Does the work when its turn comes, first in first out.
   * @throws Problem service-unavailable when too much is waiting already; then the work is never begun
   */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** How much waits for its turn. */
  readonly length: number;
}

/**
 * @param limits how much is worked on at once, and how much may wait beside it
 * @param refused called when too much is waiting
 */
export function createPasswordQueue(
  limits: { atOnce: number; waiting: number },
  refused: () => void = () => {},
): PasswordQueue {
  let working = 0;
  const waiting: (() => void)[] = [];
  return {
    get length() {
      return waiting.length;
    },
    async run(work) {
      if (working < limits.atOnce) working += 1;
      else if (waiting.length >= limits.waiting) {
        refused();
        throw new Problem('service-unavailable', 'Too many log-ins are in progress. Try again in a second.', {
          headers: { 'Retry-After': retryAfterSeconds },
        });
      } else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        // The place goes to the next in line without becoming free, so that no newcomer takes it meanwhile.
        const next = waiting.shift();
        if (next) next();
        else working -= 1;
      }
    },
  };
}
