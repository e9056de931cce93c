import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';

/** The client went away before the whole answer was sent (nginx's code; never on the wire). */
export const clientClosedRequest = 499;

/** The names of a query, each once; not from `ctx.query`, which holds the validated one by the end. */
function queryNames(querystring: string): string[] {
  return querystring === '' ? [] : [...new Set(new URLSearchParams(querystring).keys())];
}

/** Writes one line a request when its answer is out or its client gone; of a query only the names, no values. */
export function accessLog(): Middleware<RequestState> {
  return (ctx, next) => {
    const startedAt = performance.now();
    ctx.res.once('close', () => {
      const { log, clientAddress, route, userId, limitedBy } = ctx.state;
      log.info(
        {
          method: ctx.method,
          path: ctx.path,
          query: queryNames(ctx.querystring),
          route,
          status: ctx.res.writableFinished ? ctx.status : clientClosedRequest,
          duration_ms: performance.now() - startedAt,
          client_ip: clientAddress,
          user_id: userId,
          limited_by: limitedBy,
        },
        'request',
      );
    });
    return next();
  };
}
