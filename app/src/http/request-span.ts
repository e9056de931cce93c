import { type Span, SpanStatusCode } from '@opentelemetry/api';
import type { Context } from 'koa';
import { spanTime } from '../telemetry/span-clock.ts';
import type { RequestSpan, Tracing } from '../telemetry/tracing.ts';
import { clientClosedRequest } from './access-log.ts';
import type { RequestState } from './context.ts';

/** Methods that OpenTelemetry's conventions for HTTP know; any other is one value, since strangers choose it. */
const knownMethods = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** What is known of a request when it comes. Nothing personal: no address, no user, no query, no user agent. */
const attributesOf = (ctx: Context, known: boolean) => ({
  'http.request.method': known ? ctx.method : '_OTHER',
  'url.scheme': ctx.protocol,
  'url.path': ctx.path,
  'server.address': ctx.hostname,
  'network.protocol.version': ctx.req.httpVersion,
  'http.request.header.x-request-id': [(ctx.state as RequestState).requestId],
});

/**
 * Starts the span of a request. It ends when the answer is out or the client gone, with the route as part of its
 * name, by OpenTelemetry's semantic conventions for HTTP servers.
 */
export function startRequestSpan(
  ctx: Context,
  tracing: Tracing,
  place: Pick<RequestSpan, 'traceId' | 'parent' | 'link'>,
): Span {
  const known = knownMethods.has(ctx.method);
  const method = known ? ctx.method : 'HTTP';
  const span = tracing.startRequest({ ...place, name: method, attributes: attributesOf(ctx, known) });
  ctx.res.once('close', () => {
    const { route } = ctx.state as RequestState;
    const status = ctx.res.writableFinished ? ctx.status : clientClosedRequest;
    if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) {
      span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(spanTime());
  });
  return span;
}
