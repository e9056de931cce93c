/** The steps of a request that `make bench-steps` leaves out one at a time, in the order in which a request meets them. */
import type { Kind } from '../kinds.ts';
import {
  answered,
  call,
  listener,
  middleware,
  middlewares,
  recorder,
  type StandIn,
  server,
  wrapper,
} from './switches.ts';

/** One thing that a module of the service exports, with what stands in for it. */
export interface Part {
  /** Path from the root of the checkout. */
  readonly module: string;
  readonly exported: string;
  readonly standIn: StandIn;
}

export interface Step {
  readonly name: string;
  /** The kinds of requests that take it; all do without. */
  readonly of?: readonly Kind[];
  /** Comes before Koa, so that node:http takes it too when it answers by itself. */
  readonly beforeKoa?: true;
  readonly parts: readonly Part[];
}

const part = (module: string, exported: string, standIn: StandIn): Part => ({ module, exported, standIn });
const http = (name: string, exported: string, standIn: StandIn) =>
  part(`app/src/http/${name}.ts`, exported, standIn);

/** All that is not node:http: left out, that answers by itself, with the bytes that the service would have sent. */
export const application: Step = {
  name: 'Koa and everything in it',
  parts: [http('server', 'listen', server)],
};

/** The order of a connection, where nothing is in flight. */
const anyOrder = {
  isOver: false,
  take: (_request: unknown, _response: unknown, begin: (ordinal: number) => void) => begin(1),
};

export const steps: readonly Step[] = [
  {
    name: 'connection-order',
    beforeKoa: true,
    parts: [
      http(
        'connection',
        'connectionOf',
        call(() => anyOrder),
      ),
    ],
  },
  {
    name: 'target',
    beforeKoa: true,
    parts: [
      part(
        'packages/telemetry/own-server/request-target.ts',
        'readTarget',
        call(() => undefined),
      ),
    ],
  },
  {
    name: 'request-id',
    parts: [http('request-id', 'requestId', middleware({ state: ['requestId', 'transactionId'] }))],
  },
  {
    name: 'client-address',
    parts: [http('client-address', 'clientAddress', middleware({ state: ['clientAddress'] }))],
  },
  {
    name: 'trace-context',
    parts: [http('trace-context', 'traceContext', middleware({ state: ['trace', 'log'] }))],
  },
  { name: 'errors', parts: [http('errors', 'errors', middleware())] },
  { name: 'security-headers', parts: [http('security-headers', 'securityHeaders', middleware())] },
  { name: 'header-check', parts: [http('header-check', 'headerCheck', middleware())] },
  { name: 'path', parts: [http('router', 'wellFormedPath', middleware())] },
  { name: 'limits', parts: [http('rate-limit', 'createRateLimiting', middlewares)] },
  {
    name: 'access-token',
    parts: [http('authentication', 'authentication', middleware({ state: ['userId', 'sessionId'] }))],
  },
  {
    name: 'body',
    of: ['create'],
    parts: [http('body', 'jsonBody', middleware({ request: ['body'] }))],
  },
  { name: 'time-limit', parts: [http('time-limit', 'answerWithin', middleware())] },
  {
    name: 'validation',
    parts: [http('validation', 'validation', middleware({ state: ['query'], request: ['body'] }))],
  },
  { name: 'quota', of: ['create'], parts: [part('app/src/todos/quota.ts', 'withQuota', wrapper)] },
  {
    name: 'statement',
    parts: [part('app/src/database/prepared.ts', 'runPrepared', answered(1))],
  },
  {
    name: 'metrics',
    parts: [
      http('request-metrics', 'requestsInFlight', middleware()),
      http('request-metrics', 'requestMetrics', recorder),
      part('app/src/database/statement-metrics.ts', 'statementMetrics', listener),
      part('app/src/todos/operation-counts.ts', 'countOperations', wrapper),
    ],
  },
  { name: 'log-line', parts: [http('access-log', 'accessLog', recorder)] },
  {
    name: 'slow-requests-and-spans',
    parts: [
      http('slow-requests', 'slowRequests', recorder),
      http('request-span', 'endRequestSpan', recorder),
    ],
  },
];
