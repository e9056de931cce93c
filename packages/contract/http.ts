/** Rate, errors and duration of requests, and what limits them. */
import { emptyLabels, type MetricSignal } from './signal.ts';

/**
 * The route label of a request that no route takes: one value, so that a scanner can't make series.
 */
export const unmatchedRoute = 'unmatched';

const routes = { boundedBy: 'the declared routes and "unmatched"', max: 40 } as const;
const timedRoutes = {
  boundedBy: 'the declared routes of the SLOs, and "other" for all others',
  max: 40,
} as const;
/**
 * The method of the route that took the request: a HEAD that a GET answers is GET here, and itself in the log.
 */
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'other'] as const;

export const httpMetrics = {
  http_requests_total: {
    type: 'counter',
    help: 'Requests answered, by route template. Status 499 is a client that went away first, on no side of an SLO.',
    unit: 'count of requests',
    emitter: 'api',
    labels: {
      method: methods,
      route: routes,
      status: { boundedBy: 'the statuses that routes and problems declare', max: 25 },
    },
    initialised: 'routes',
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the arrival of the header to the last byte of the answer; not of requests whose client went away.',
    unit: 'seconds',
    emitter: 'api',
    labels: { method: methods, route: timedRoutes, status_class: ['2xx', '3xx', '4xx', '5xx'] },
    // 0.1, 0.5 and 1 are thresholds of SLOs.
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    exemplars: true,
    initialised: 'routes',
  },
  http_requests_in_flight: {
    type: 'gauge',
    help: 'Requests that have arrived and are not answered yet.',
    unit: 'count of requests',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  rate_limit_rejections_total: {
    type: 'counter',
    help: 'Requests refused with 429, by the limit they were over; password_queue is the share of an address in the log-ins in progress.',
    unit: 'count of requests',
    emitter: 'api',
    labels: {
      limiter: ['ip', 'sessions', 'user', 'password', 'account', 'account_network', 'password_queue'],
    },
    initialised: 'all',
  },
  client_addresses_unreadable_total: {
    type: 'counter',
    help: 'Requests of which a trusted proxy names no client: malformed is no address, hidden kept on purpose.',
    unit: 'count of requests',
    emitter: 'api',
    labels: { reason: ['malformed', 'hidden'] },
    initialised: 'all',
  },
  rate_limit_redis_up: {
    type: 'gauge',
    help: 'Whether limits are counted in Redis (1) or, while it is away, in memory by each instance for itself (0).',
    unit: 'bool',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'none',
    onlyWith: 'REDIS_URL',
  },
} as const satisfies Record<string, MetricSignal>;
