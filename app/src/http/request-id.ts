import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';
import type { BoundFields, Log } from '../telemetry/log.ts';
import { truncatedAddress } from './client-address.ts';
import type { RequestState } from './context.ts';

/** Anything else in `X-Request-Id` is replaced: the id goes into logs, headers and the audit trail. */
const acceptable = /^[A-Za-z0-9._-]{1,128}$/;

/** What each line of a request says. */
const fieldsOf = ({ requestId, trace, userId, clientAddress }: RequestState): BoundFields => ({
  'http.request.id': requestId,
  // A request that breaks before it has a trace has a log all the same.
  'trace.id': trace?.traceId,
  'span.id': trace?.spanId,
  'user.id': userId,
  'client.ip': clientAddress && truncatedAddress(clientAddress),
});

/** Takes the client's request id or makes one, and gives the request a log that writes it on each line. */
export function requestId(log: Log): Middleware<RequestState> {
  return (ctx, next) => {
    const given = ctx.get('x-request-id');
    const id = acceptable.test(given) ? given : randomUUID();
    const { state } = ctx;
    state.requestId = id;
    state.log = log.with(() => fieldsOf(state));
    ctx.set('X-Request-Id', id);
    return next();
  };
}
