import { setTimeout as pause } from 'node:timers/promises';
import type { Say } from './outcome.ts';
import { reasonOf } from './reason.ts';

export interface Patience {
  /** How often it is tried, the first time included. */
  readonly attempts: number;
  /** Before the second attempt; each pause is twice the last. */
  readonly firstPauseMs: number;
  /** Whether another attempt may help. */
  readonly mayPass: (error: unknown) => boolean;
  readonly say: Say;
  /** Ends the waiting; no attempt follows. */
  readonly interrupted: AbortSignal;
}

/** Tries until it succeeds. Throws what the last attempt threw. */
export async function withPatience<Result>(
  work: () => Promise<Result>,
  { attempts, firstPauseMs, mayPass, say, interrupted }: Patience,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      interrupted.throwIfAborted();
      if (attempt >= attempts || !mayPass(error)) throw error;
      const pauseMs = firstPauseMs * 2 ** (attempt - 1);
      say(`${reasonOf(error)} Attempt ${attempt + 1} of ${attempts} follows in ${pauseMs / 1000} s.`);
      await pause(pauseMs, undefined, { signal: interrupted });
    }
  }
}
