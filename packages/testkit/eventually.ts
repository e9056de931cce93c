import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until the condition holds.
 * @param deadlineMs milliseconds after which it throws, with the last error the condition threw as its cause
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  while (performance.now() < end) {
    try {
      if (await condition()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(20);
  }
  throw new Error(`Not so within ${deadlineMs} ms: ${condition}`, { cause });
}
