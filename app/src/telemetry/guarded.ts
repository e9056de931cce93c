import type { CallbackPlace, Log } from './log.ts';

/**
 * A callback that throws nothing, for whatever runs outside the middleware chain: listeners, timers, callbacks of
 * sockets and pools. Nobody above catches there, and the process would end. What is thrown, or rejected, is counted,
 * logged and alerted.
 */
export function guarded<Arguments extends readonly unknown[]>(
  log: Log,
  place: CallbackPlace,
  work: (...given: Arguments) => unknown,
): (...given: Arguments) => void {
  const failed = (error: unknown) => log.escaped(place, error);
  return (...given) => {
    try {
      const result = work(...given);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}
