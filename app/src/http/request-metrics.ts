import { timedRoute, unmatchedRoute } from '@sightline/contract/signals.ts';
import { type InitialRoute, type Labels, type Metrics, statusClass } from '@sightline/telemetry/metrics.ts';
import type { Middleware } from 'koa';
import type { RequestState } from './context.ts';
import { clientClosedRequest, methodLabel, type Recorder } from './request-record.ts';
import type { Route } from './route.ts';

/** Answers that alerts divide by or wait for, beside those that a route declares. */
const expectedFailures = [500, 503];

/** The series that a route has from the start. */
export function initialSeries(routes: readonly Route[]): InitialRoute[] {
  return routes.map(({ method, path, answers }) => ({
    method: method.toUpperCase() as Labels<'http_requests_total'>['method'],
    route: path,
    statuses: [...new Set([...Object.keys(answers).map(Number), ...expectedFailures])],
  }));
}

/** Counts each request once, in the series of its route. */
export function requestMetrics(metrics: Metrics): Recorder {
  return ({ ctx, state, status, durationMs }) => {
    const { route = unmatchedRoute, routeMethod, trace, limitedBy, replayed } = state;
    const method = routeMethod ?? methodLabel(ctx.method);
    metrics.count('http_requests_total', { method, route, status: String(status) });
    if (limitedBy) metrics.count('rate_limit_rejections_total', { limiter: limitedBy });
    if (replayed) metrics.count('idempotent_replays_total', {});
    // How long a client waited that went away says nothing about how long the answer takes.
    if (status === clientClosedRequest) return;
    metrics.observe(
      'http_request_duration_seconds',
      { method, route: timedRoute(route), status_class: statusClass(status) },
      durationMs / 1000,
      trace.sampled ? { trace_id: trace.traceId, span_id: trace.spanId } : undefined,
    );
  };
}

/** Counts bytes that never became a request, and so met no middleware. */
export function countRefused(metrics: Metrics): (status: number) => void {
  return (status) =>
    metrics.count('http_requests_total', { method: 'other', route: unmatchedRoute, status: String(status) });
}

/** Tells how many requests are being worked on. */
export function requestsInFlight(metrics: Metrics): Middleware<RequestState> {
  let inFlight = 0;
  metrics.beforeScrape(() => metrics.set('http_requests_in_flight', {}, inFlight));
  const over = () => {
    inFlight -= 1;
  };
  return (ctx, next) => {
    inFlight += 1;
    ctx.res.once('close', over);
    return next();
  };
}
