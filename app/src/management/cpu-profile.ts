import { type Profiler, Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A profile that Chrome DevTools and speedscope open as a `.cpuprofile`. */
export type CpuProfile = Profiler.Profile;

/** Time between two samples. V8's own choice; ten times as many would slow the service down visibly. */
const sampleMicroseconds = 1000;

/**
 * Samples what this thread does. No debugger port is opened for it.
 * @param signal gives the profile up
 * @throws AbortError when the signal came before the time was over
 */
export async function takeCpuProfile(seconds: number, signal: AbortSignal): Promise<CpuProfile> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: sampleMicroseconds });
    await session.post('Profiler.start');
    await delay(seconds * 1000, undefined, { signal });
    const { profile } = await session.post('Profiler.stop');
    return profile;
  } finally {
    // Also stops a profile that was given up.
    session.disconnect();
  }
}
