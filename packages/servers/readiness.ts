import { setTimeout as pause } from 'node:timers/promises';
import { accepts } from './ports.ts';

/**
 * The sign that a service can be used: an address that answers 2xx, a port of 127.0.0.1 that accepts, or a
 * condition of its own with its name.
 */
export type Readiness = { http: string } | { tcp: number } | { condition: () => boolean; named: string };

/** The awaited condition did not come about in time. */
export class DeadlineError extends Error {}

const pollMilliseconds = 50;

/** Polls until ready. Throws a DeadlineError after the deadline, naming what was asked, and at once when `signal` aborts. */
export async function waitUntilReady(
  check: Readiness,
  deadlineSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const target =
    'http' in check
      ? `GET ${check.http} did not succeed`
      : 'tcp' in check
        ? `a connection to 127.0.0.1:${check.tcp} did not succeed`
        : `${check.named} did not come`;
  await waitFor(() => isReady(check), deadlineSeconds, target, signal);
}

/**
 * Polls a condition until it holds, for at most so many seconds. Throws a DeadlineError `<message> within … s` after that, and
 * the reason of `signal` at once when it aborts.
 */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  seconds: number,
  message: string,
  signal?: AbortSignal,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    signal?.throwIfAborted();
    if (await condition()) return;
    if (performance.now() > end) throw new DeadlineError(`${message} within ${seconds} s`);
    // The abort is noticed at the top of the loop: its reason is what the caller shall see.
    await pause(pollMilliseconds, undefined, signal ? { signal } : {}).catch(() => {});
  }
}

async function isReady(check: Readiness): Promise<boolean> {
  if ('tcp' in check) return accepts(check.tcp);
  if ('condition' in check) return check.condition();
  try {
    const response = await fetch(check.http, { signal: AbortSignal.timeout(2000), redirect: 'error' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
