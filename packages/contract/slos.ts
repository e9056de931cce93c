/** The service level objectives, and which routes each is about. */
import type { httpMetrics } from './http.ts';
import type { Selectors, Slo } from './signal.ts';

/** Routes whose requests the SLOs are about; health, metrics and documentation are in none. */
const apiRoute = '/v1/.+|/[.]well-known/jwks[.]json';
const slowRoute = '/v1/users|/v1/users/me/password|/v1/todos/batch';
/** Reads by GET are fast, all else that they take hashes a password. */
const mixedRoute = '/v1/users/me|/v1/sessions';

const ofApi = new RegExp(`^(?:${apiRoute})$`);
/** The label of a request's duration: a histogram is many series, and no SLO is about documentation and health. */
export const timedRoute = (route: string): string => (ofApi.test(route) ? route : 'other');

/** Each route of the API is in `api`, and in exactly one of the others. */
export const routeClasses = {
  api: [[['route', '=~', apiRoute]]],
  /** Hash a password or write up to 100 todos at once. */
  slow: [
    [['route', '=~', slowRoute]],
    [
      ['route', '=~', mixedRoute],
      ['method', '!=', 'GET'],
    ],
  ],
  /** Reads and single writes. */
  fast: [
    [
      ['route', '=~', apiRoute],
      ['route', '!~', `${slowRoute}|${mixedRoute}`],
    ],
    [
      ['route', '=~', mixedRoute],
      ['method', '=', 'GET'],
    ],
  ],
} as const satisfies Record<string, Selectors>;

const answered = { metric: 'http_request_duration_seconds_count', matchers: [] } as const;

/** Good is an answer that is no 5xx and took this long at most. Prometheus 3 writes the bound 1 as 1.0. */
const answeredWithin = (seconds: (typeof httpMetrics.http_request_duration_seconds.buckets)[number]) =>
  ({
    metric: 'http_request_duration_seconds_bucket',
    matchers: [
      ['status_class', '!=', '5xx'],
      ['le', '=~', Number.isInteger(seconds) ? `${seconds}|${seconds}[.]0` : String(seconds)],
    ],
  }) as const;

export const slos = {
  availability: {
    about: 'Requests that get an answer which is no 5xx.',
    objective: 0.999,
    windowDays: 30,
    routeClass: 'api',
    total: { metric: 'http_requests_total', matchers: [['status', '!=', '499']] },
    good: { metric: 'http_requests_total', matchers: [['status', '!~', '499|5..']] },
    minBadEvents: 5,
  },
  'latency-100ms': {
    about: 'Reads and single writes answered well within 100 ms.',
    objective: 0.99,
    windowDays: 30,
    routeClass: 'fast',
    total: answered,
    good: answeredWithin(0.1),
    minBadEvents: 10,
  },
  'latency-500ms': {
    about: 'Reads and single writes answered well within 500 ms.',
    objective: 0.999,
    windowDays: 30,
    routeClass: 'fast',
    total: answered,
    good: answeredWithin(0.5),
    minBadEvents: 5,
  },
  'latency-slow-1s': {
    about: 'Log-ins, registrations, erasures and batches answered well within 1 s.',
    objective: 0.99,
    windowDays: 30,
    routeClass: 'slow',
    total: answered,
    good: answeredWithin(1),
    minBadEvents: 10,
  },
} as const satisfies Record<string, Slo>;
