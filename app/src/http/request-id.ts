import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';

/** Anything else in `X-Request-Id` is replaced: the id goes into logs, headers and the audit trail. */
const acceptable = /^[A-Za-z0-9._-]{1,128}$/;

/** Takes the client's request id or makes one. */
export function requestId(): Middleware<RequestState> {
  return (ctx, next) => {
    const given = ctx.headers['x-request-id'];
    const id = typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
    ctx.state.requestId = id;
    ctx.res.setHeader('X-Request-Id', id);
    return next();
  };
}
