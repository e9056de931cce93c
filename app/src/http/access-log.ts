import type { LogEventName } from '@sightline/contract/signals.ts';
import type { KnownNames } from './known-names.ts';
import type { Recorder } from './request-record.ts';

/** Writes one line a request; of its query only the names of parameters. */
export function accessLog(
  known: KnownNames,
  event: Extract<LogEventName, 'request' | 'management-request'> = 'request',
): Recorder {
  return ({ ctx, state, status, durationMs }) => {
    // What a route took and answered well has only parts that it knows.
    const path = state.route !== undefined && status < 400 ? ctx.path : known.maskPath(ctx.path);
    const { method, querystring } = ctx;
    state.log.write(
      event,
      {
        'http.request.method': method,
        'http.response.status_code': status,
        'url.path': path,
        'event.duration': Math.round(durationMs * 1e6),
        'event.outcome': status < 400 ? 'success' : status === 499 ? 'unknown' : 'failure',
        'labels.route': state.route,
        ...(querystring !== '' &&
          event === 'request' && { 'labels.query_names': known.queryNames(querystring) }),
        ...(state.limitedBy && event === 'request' && { 'labels.limiter': state.limitedBy }),
      },
      `${method} ${path} ${status}`,
    );
  };
}
