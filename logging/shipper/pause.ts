import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits before the next try: about twice as long each time, by chance up to a quarter less or more, so that shippers that
 * failed together don't come back together.
 * @param attempt counts from 0
 * @param longestMs milliseconds; rejects with the reason of `signal` when that aborts
 */
export function pauseBefore(attempt: number, longestMs: number, signal: AbortSignal): Promise<void> {
  const usual = Math.min(longestMs, (longestMs / 100) * 2 ** attempt);
  return wait(usual * (0.75 + Math.random() / 2), undefined, { signal });
}

/** Does something that may fail for a while, such as writing to a full disk, until it succeeds; says so meanwhile. */
export async function untilDone<Result>(
  work: () => Promise<Result>,
  failed: (error: unknown) => void,
  longestMs: number,
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      failed(error);
      await pauseBefore(attempt, longestMs, signal);
    }
  }
}
