import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';

/** Anything else in `X-Request-Id` is replaced: the id goes into logs and headers. */
const acceptable = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * Takes the client's request id or makes one, for the client to find its request by. Clients can repeat an id, and send
 * another's: what is written down about who did what bears the transaction id, which is always made here.
 */
export function requestId(): Middleware<RequestState> {
  return (ctx, next) => {
    const given = ctx.headers['x-request-id'];
    ctx.state.transactionId = randomUUID();
    const id = typeof given === 'string' && acceptable.test(given) ? given : ctx.state.transactionId;
    ctx.state.requestId = id;
    ctx.res.setHeader('X-Request-Id', id);
    return next();
  };
}
