import cors from '@koa/cors';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Knex } from 'knex';
import Koa, { type Middleware } from 'koa';
import type { Config } from './config.ts';
import type { FaultSwitch } from './faults/switch.ts';
import type { Health } from './health/health.ts';
import { healthRoutes } from './health/routes.ts';
import { accessLog } from './http/access-log.ts';
import { authentication } from './http/authentication.ts';
import { clientAddress, unreadableAddresses } from './http/client-address.ts';
import { errors } from './http/errors.ts';
import type { Unreadable } from './http/forwarded.ts';
import { headerCheck } from './http/header-check.ts';
import { idempotency } from './http/idempotency.ts';
import { namesOf } from './http/known-names.ts';
import { createRateLimiting, noRateLimiting, type RateLimiting } from './http/rate-limit.ts';
import { requestId } from './http/request-id.ts';
import { initialSeries, requestMetrics, requestsInFlight } from './http/request-metrics.ts';
import { type Recorder, recordRequests } from './http/request-record.ts';
import { endRequestSpan } from './http/request-span.ts';
import type { Route } from './http/route.ts';
import { buildRouter, matched, unmatched, wellFormedPath } from './http/router.ts';
import { securityHeaders } from './http/security-headers.ts';
import { slowRequests } from './http/slow-requests.ts';
import { traceContext } from './http/trace-context.ts';
import { refuseWebPages } from './management/refuse-web-pages.ts';
import { debugPaths, managementRoutes } from './management/routes.ts';
import { documentationRoutes } from './openapi/routes.ts';
import type { Redis } from './redis/connection.ts';
import type { AccessTokens } from './sessions/access-tokens.ts';
import { createSessionRepository } from './sessions/repository.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { createSessionService } from './sessions/service.ts';
import { guarded } from './telemetry/guarded.ts';
import type { RootLog } from './telemetry/log.ts';
import type { Tracing } from './telemetry/tracing.ts';
import { countOperations } from './todos/operation-counts.ts';
import { withQuota } from './todos/quota.ts';
import { createTodoRepository } from './todos/repository.ts';
import { todoRoutes } from './todos/routes.ts';
import { createTodoService } from './todos/service.ts';
import { createAccountLimit } from './users/account-limit.ts';
import { createPasswords, type Passwords } from './users/passwords.ts';
import { createUserRepository } from './users/repository.ts';
import { userRoutes } from './users/routes.ts';
import { createUserService } from './users/service.ts';

export interface Dependencies {
  readonly config: Config;
  readonly log: RootLog;
  readonly metrics: Metrics;
  readonly knex: Knex;
  readonly tokens: AccessTokens;
  readonly health: Health;
  /** Instead of those made from the configuration. */
  readonly passwords?: Passwords | undefined;
  /** Where the instances count limits together; each counts in its memory without. */
  readonly redis?: Redis | undefined;
  /** Recorders that hear about each request that is over, instead of metrics, access log and spans. */
  readonly recorders?: readonly Recorder[] | undefined;
  /** Where spans are made; none are without. */
  readonly tracing?: Tracing | undefined;
  /** Faults to break the service with on purpose; nothing does without. */
  readonly faults?: FaultSwitch | undefined;
}

/** The parts that are different in the two servers. */
interface Around {
  readonly outermost: readonly Middleware[];
  /** Are told about each request that is over. */
  readonly recorders: readonly Recorder[];
  /** Is told of each client whose address can't be read. */
  readonly unreadable?: (why: Unreadable) => void;
  readonly extra: readonly Middleware[];
}

/**
 * Composes the middleware that every request meets, in this order; the router goes on with the parts that
 * depend on the route.
 */
function compose(
  routes: readonly Route[],
  { config, log, knex, tokens, tracing, faults }: Dependencies,
  limit: RateLimiting,
  { outermost, recorders, unreadable, extra }: Around,
): Koa {
  const app = new Koa();
  const router = buildRouter(routes, {
    authenticate: authentication(tokens),
    limit,
    bodyLimit: config.BODY_LIMIT_BYTES,
    once: idempotency(knex, config),
    timeLimit: config.REQUEST_TIMEOUT_MS,
    before: faults?.before,
  });
  const middleware: readonly Middleware[] = [
    requestId(),
    clientAddress(config, unreadable),
    traceContext(log, tracing, config),
    ...outermost,
    recordRequests(recorders),
    errors(),
    securityHeaders(),
    ...extra,
    headerCheck(config.MAX_HEADERS),
    wellFormedPath(limit),
    matched(router),
    unmatched(router, limit),
  ];
  for (const each of middleware) app.use(each);
  // What the error middleware can't answer any more, such as a connection that breaks while the answer is sent.
  app.on(
    'error',
    guarded(log, 'connection', (error) => log.writeError('answer-not-sent', error)),
  );
  return app;
}

/** Every endpoint of the API, the descriptions of the others last. */
export function apiRoutes({
  config,
  metrics,
  knex,
  tokens,
  health,
  passwords = createPasswords(config, metrics),
  redis,
}: Pick<Dependencies, 'config' | 'metrics' | 'knex' | 'tokens' | 'health' | 'passwords' | 'redis'>): Route[] {
  const users = createUserRepository(knex);
  const todos = createTodoRepository(knex);
  const sessions = createSessionRepository(knex, config);
  const accountLimit = createAccountLimit(config, redis);
  const routes = [
    ...healthRoutes(health),
    ...sessionRoutes(
      createSessionService({ sessions, users, passwords, accountLimit, tokens, metrics }),
      tokens,
    ),
    ...userRoutes(createUserService(users, sessions, passwords, accountLimit)),
    ...todoRoutes(countOperations(withQuota(createTodoService(todos), config, todos.usage), metrics)),
  ];
  return [...routes, ...documentationRoutes(routes)];
}

/** The API. Does no I/O by itself: the first statement runs when the first request needs it. */
export function buildApp(dependencies: Dependencies): Koa {
  const { config, log, metrics, redis, recorders, faults } = dependencies;
  const { CORS_ORIGINS: origins } = config;
  const crossOrigin = cors({
    // '' sends no header: a page of another origin then can't read the answer.
    origin: (ctx) => origins?.find((origin) => origin === ctx.get('Origin')) ?? '',
    exposeHeaders: [
      'ETag',
      'Idempotent-Replayed',
      'Link',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
      'traceresponse',
    ],
    keepHeadersOnError: false,
  });
  const routes = apiRoutes(dependencies);
  const known = namesOf(routes);
  metrics.initialiseRoutes(initialSeries(routes));
  return compose(routes, dependencies, createRateLimiting(config, redis), {
    outermost: [requestsInFlight(metrics)],
    recorders: recorders ?? [
      // First, so that it shows when it keeps the others from their records.
      ...(faults ? [faults.recorder] : []),
      requestMetrics(metrics),
      accessLog(known),
      slowRequests(config.SLOW_REQUEST_MS),
      endRequestSpan(known),
    ],
    unreadable: unreadableAddresses(log, metrics),
    extra: origins ? [crossOrigin] : [],
  });
}

/** The management server, on a port of its own. Its own requests are in no metric and no trace. */
export function buildManagementApp({ tracing, ...dependencies }: Dependencies): Koa {
  const routes = managementRoutes(dependencies);
  return compose(routes, dependencies, noRateLimiting, {
    outermost: [],
    recorders: [accessLog(namesOf(routes), 'management-request')],
    extra: [refuseWebPages(debugPaths, dependencies.config)],
  });
}
