import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { newSpanId, newTraceId } from '../telemetry/random-ids.ts';
import { inRequest, type RequestContext } from '../telemetry/request-context.ts';
import { readTraceContext, traceResponse } from '../telemetry/trace-context.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { RequestState } from './context.ts';
import { startRequestSpan } from './request-span.ts';

/** Node.js joins the values of a header that came twice by a comma, which no `traceparent` has. */
const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join() : value);

/**
 * Gives the request its place in a trace, whether that is recorded or not: the caller's (W3C Trace Context) or a new
 * one, which the answer names in `traceresponse`. What runs below finds it by `currentRequest`, and logs by a logger
 * that writes these ids and the request's on each line.
 */
export function traceContext(
  log: Logger,
  tracing: Tracing | undefined,
  { TRACE_CONTEXT: mode }: Pick<Config, 'TRACE_CONTEXT'>,
): Middleware<RequestState> {
  return (ctx, next) => {
    const { traceparent, tracestate } = ctx.headers;
    const remote = readTraceContext(single(traceparent), single(tracestate));
    const parent = mode === 'parent' ? remote : undefined;
    const traceId = parent?.traceId ?? newTraceId();
    const span = tracing?.samples(traceId, parent)
      ? startRequestSpan(ctx, tracing, { traceId, parent, link: parent ? undefined : remote })
      : undefined;
    const request: RequestContext = {
      traceId,
      spanId: span?.spanContext().spanId ?? newSpanId(),
      sampled: span !== undefined,
      span,
      databaseMs: 0,
      queueMs: 0,
      statements: 0,
    };
    ctx.state.trace = request;
    ctx.state.log = log.child({
      request_id: ctx.state.requestId,
      'trace.id': traceId,
      'span.id': request.spanId,
    });
    // A trace id that was drawn here is random; of another one its caller knows.
    ctx.set('traceresponse', traceResponse(traceId, request.spanId, request.sampled, parent?.random ?? true));
    return inRequest(request, next);
  };
}
