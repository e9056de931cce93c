import type { Recorder } from './request-record.ts';

/** With microseconds. */
const rounded = (milliseconds: number) => Math.round(milliseconds * 1000) / 1000;

/** Writes where the time of a request went that took longer than `thresholdMs` milliseconds. */
export function slowRequests(thresholdMs: number): Recorder {
  return ({ state, durationMs }) => {
    if (durationMs <= thresholdMs) return;
    const { databaseMs, queueMs, statements } = state.trace;
    state.log.write('request-slow', {
      'event.duration': Math.round(durationMs * 1e6),
      'labels.route': state.route,
      'labels.database_ms': rounded(databaseMs),
      'labels.queue_ms': rounded(queueMs),
      // Statements of one request can run at the same time.
      'labels.rest_ms': rounded(Math.max(0, durationMs - databaseMs - queueMs)),
      'labels.statements': statements,
    });
  };
}
