import { type Span, SpanStatusCode } from '@opentelemetry/api';
import type { Context } from 'koa';
import { spanTime } from '../telemetry/span-clock.ts';
import type { RequestSpan, Tracing } from '../telemetry/tracing.ts';
import type { RequestState } from './context.ts';
import type { KnownNames } from './known-names.ts';
import { methodLabel, type Recorder } from './request-record.ts';

/** Any other method is one value, since strangers choose it. */
const isKnown = (method: string) => methodLabel(method) !== 'other';

/** Attributes known when a request comes. Nothing personal: no address, no user, no query, no user agent. */
const attributesOf = (ctx: Context) => ({
  'http.request.method': isKnown(ctx.method) ? ctx.method : '_OTHER',
  'url.scheme': ctx.protocol,
  'server.address': ctx.hostname,
  'network.protocol.version': ctx.req.httpVersion,
  'http.request.header.x-request-id': [(ctx.state as RequestState).requestId],
});

const nameOf = ({ method }: Context) => (isKnown(method) ? method : 'HTTP');

/** Starts the span of a request, by OpenTelemetry's semantic conventions for HTTP servers. */
export function startRequestSpan(
  ctx: Context,
  tracing: Tracing,
  place: Pick<RequestSpan, 'traceId' | 'parent' | 'link'>,
): Span {
  return tracing.startRequest({ ...place, name: nameOf(ctx), attributes: attributesOf(ctx) });
}

/** Ends the span of each request that has one, with the route as part of its name. */
export function endRequestSpan(known: KnownNames): Recorder {
  return ({ ctx, state, status }) => {
    const { span } = state.trace;
    if (!span) return;
    const { route } = state;
    if (route !== undefined) span.updateName(`${nameOf(ctx)} ${route}`).setAttribute('http.route', route);
    span.setAttribute('url.path', known.maskPath(ctx.path)).setAttribute('http.response.status_code', status);
    if (status >= 500)
      span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
    span.end(spanTime());
  };
}
