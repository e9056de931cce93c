import type { Context, Middleware } from 'koa';
import type { Config } from '../config.ts';
import type { BoundFields, Log } from '../telemetry/log.ts';
import { newSpanId, newTraceId } from '../telemetry/random-ids.ts';
import { inRequest, type RequestContext } from '../telemetry/request-context.ts';
import { type RemoteTrace, readTraceContext, traceResponse } from '../telemetry/trace-context.ts';
import type { RequestSpan, Tracing } from '../telemetry/tracing.ts';
import { askedTraces } from './asked-traces.ts';
import type { RequestState } from './context.ts';
import { truncatedAddress } from './network-address.ts';
import { startRequestSpan } from './request-span.ts';

/** Node.js joins the values of a header that came twice by a comma, which no `traceparent` has. */
const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join() : value);

/** The fields of each line of a request. */
const fieldsOf = ({ requestId, transactionId, trace, userId, clientAddress }: RequestState): BoundFields => ({
  'http.request.id': requestId,
  'transaction.id': transactionId,
  'trace.id': trace.traceId,
  'span.id': trace.spanId,
  'user.id': userId,
  'client.ip': clientAddress && truncatedAddress(clientAddress),
});

/**
 * Gives the request its place in a trace, whether that is recorded or not: the caller's (W3C Trace Context) or a new
 * one, which the answer names in `traceresponse`. What runs below finds it by `currentRequest`, and logs by a log
 * that writes on each line whose request it is about. The client's address has to be known.
 */
export function traceContext(
  log: Log,
  tracing: Tracing | undefined,
  config: Pick<Config, 'TRACE_CONTEXT' | 'RATE_LIMIT_TRACES' | 'RATE_LIMIT_WINDOW_SECONDS'>,
): Middleware<RequestState> {
  const mayAsk = askedTraces(config);
  /**
   * The caller's span, if its trace is continued: it is recorded only within the client's limit. The trace's
   * id doesn't decide that, since it is the caller's choice too.
   */
  function parentOf(remote: RemoteTrace | undefined, clientAddress: string): RemoteTrace | undefined {
    if (config.TRACE_CONTEXT === 'link') return undefined;
    return remote?.sampled && tracing && !mayAsk(clientAddress) ? { ...remote, sampled: false } : remote;
  }

  /** A request without its span is better than none. */
  function startSpan(ctx: Context, place: Pick<RequestSpan, 'traceId' | 'parent' | 'link'>) {
    try {
      return tracing?.samples(place.traceId, place.parent)
        ? startRequestSpan(ctx, tracing, place)
        : undefined;
    } catch (error) {
      log.escaped('span', error);
      return undefined;
    }
  }
  return (ctx, next) => {
    const { traceparent, tracestate } = ctx.headers;
    const remote = readTraceContext(single(traceparent), single(tracestate));
    const parent = parentOf(remote, ctx.state.clientAddress);
    const traceId = parent?.traceId ?? newTraceId();
    const span = startSpan(ctx, { traceId, parent, link: parent ? undefined : remote });
    const request: RequestContext = {
      traceId,
      spanId: span?.spanContext().spanId ?? newSpanId(),
      sampled: span !== undefined,
      span,
      databaseMs: 0,
      queueMs: 0,
      statements: 0,
    };
    const { state } = ctx;
    state.trace = request;
    state.log = log.with(() => fieldsOf(state));
    // A trace id that was drawn here is random; of another one its caller knows.
    ctx.res.setHeader(
      'traceresponse',
      traceResponse(traceId, request.spanId, request.sampled, parent?.random ?? true),
    );
    return inRequest(request, next);
  };
}
