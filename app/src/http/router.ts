import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import zodRouter, { type ZodContext, type ZodRouter } from 'koa-zod-router';
import { jsonBody } from './body.ts';
import type { RequestState } from './context.ts';
import type { Once } from './idempotency.ts';
import { Problem } from './problem.ts';
import type { RateLimiting } from './rate-limit.ts';
import { refusalOf } from './refused-requests.ts';
import { methodLabel } from './request-record.ts';
import type { Route } from './route.ts';
import { answerWithin, keepConnection } from './time-limit.ts';
import { validation } from './validation.ts';

/** The problem with the address of a request, before it is looked for. */
function wrongAddress({ req, url, querystring, path }: Context): Problem | undefined {
  const refusal = refusalOf(req);
  if (refusal) return refusal;
  // Most addresses have nothing to decode.
  if (!url.includes('%')) return undefined;
  try {
    decodeURIComponent(querystring);
    if (!decodeURIComponent(path).includes('\0')) return undefined;
  } catch {
    // Answered below: a broken percent-encoding and a NUL are refused alike.
  }
  return new Problem('malformed-request', 'The path or query has a broken percent-encoding or a NUL.');
}

/**
 * Refuses what was refused already when it came, and a path or query that can't be decoded; what reads them below
 * would take it literally.
 */
export function wellFormedPath(limit: RateLimiting): Middleware {
  const count = limit('ip', undefined) as Middleware;
  return (ctx, next) => {
    const wrong = wrongAddress(ctx);
    if (wrong === undefined) return next();
    return count(ctx, () => {
      throw wrong;
    });
  };
}

interface RouterOptions {
  readonly authenticate: Middleware<RequestState>;
  readonly limit: RateLimiting;
  /** Bytes. */
  readonly bodyLimit: number;
  /** How long a handler may take, in milliseconds, unless its route says otherwise. */
  readonly timeLimit: number;
  /** Around the handler of an idempotent route. */
  readonly once: Once;
  /** Further steps of a route, the last before its parameters and body are checked and its handler runs. */
  readonly before?: ((route: Route) => readonly Middleware[]) | undefined;
}

/**
 * The router over the declared endpoints: match, limit per IP, authentication, limit per user, body, validation,
 * handler, in this order.
 */
export function buildRouter(
  routes: readonly Route[],
  { authenticate, limit, bodyLimit, timeLimit, once, before }: RouterOptions,
): ZodRouter {
  const router = zodRouter({
    // A path has one spelling: /V1/todos and /v1/todos/ are not found.
    koaRouter: { sensitive: true, strict: true },
  });
  for (const route of routes) {
    const {
      method,
      path,
      authentication,
      params,
      query,
      body,
      idempotent,
      cost,
      timeLimit: own,
      handle,
    } = route;
    const isOfUser = authentication === 'access_token';
    const endpoint = `${method.toUpperCase()} ${path}`;
    router.register({
      method,
      path,
      pre: [
        (ctx, next) => {
          const state = ctx.state as RequestState;
          state.route = path;
          state.routeMethod = methodLabel(method.toUpperCase());
          return next();
        },
        limit('ip', endpoint),
        ...(isOfUser ? [authenticate] : []),
        ...(isOfUser && !cost ? [limit('user', endpoint)] : []),
        ...(body ? [jsonBody(body.types, bodyLimit)] : []),
        ...(isOfUser && cost ? [limit('user', endpoint, cost)] : []),
        ...(own === undefined ? [] : [keepConnection(own)]),
        answerWithin(own ?? timeLimit),
        ...(before?.(route) ?? []),
        validation({ params, query, body: body?.schema }),
      ],
      handler: (ctx) => {
        const run = () => handle(ctx as ZodContext<unknown, unknown, unknown>);
        return idempotent ? once(ctx, run) : run();
      },
    });
  }
  return router;
}

/** The layers of routes, without those of middleware, which have no methods. */
const ofRoutes = ({ methods }: { methods: string[] }) => methods.length > 0;

/**
 * Runs the route of a request, if it has one. A path that a route spells out belongs to it alone: what
 * `/v1/todos/batch` doesn't offer is not asked of a todo named "batch". The router itself would try each route's
 * pattern and compose its steps anew for every request.
 */
export function matched({ router }: ZodRouter): Middleware {
  const routes = router.stack.filter(ofRoutes).map((layer) => ({ layer, steps: compose(layer.stack) }));
  const spelledOut = new Map<unknown, Map<string, (typeof routes)[number]>>();
  const patterns = routes.filter(({ layer }) => layer.paramNames.length > 0);
  for (const each of routes) {
    const { path, methods, paramNames } = each.layer;
    if (paramNames.length > 0) continue;
    const byMethod = spelledOut.get(path) ?? new Map();
    for (const method of methods) byMethod.set(method, each);
    spelledOut.set(path, byMethod);
  }
  return (ctx, next) => {
    const { path, method } = ctx;
    const literal = spelledOut.get(path);
    const route = literal
      ? literal.get(method)
      : patterns.find(({ layer }) => layer.methods.includes(method) && layer.match(path));
    if (!route) return next();
    const { layer, steps } = route;
    (ctx.request as { params?: unknown }).params = layer.params(path, layer.captures(path), {});
    return steps(ctx as Parameters<typeof steps>[0], next);
  };
}

/** Answers what no route took: 405 with `Allow` where the path exists for other methods, else 404. */
export function unmatched({ router }: ZodRouter, limit: RateLimiting): Middleware {
  const count = limit('ip', undefined) as Middleware;
  const answer: Middleware = (ctx) => {
    // `OPTIONS *` asks about the server as a whole.
    const layers = (ctx.path === '*' ? router.stack : router.match(ctx.path, ctx.method).path).filter(
      ofRoutes,
    );
    const literal = layers.filter(({ path }) => path === ctx.path);
    const allowed = new Set((literal.length > 0 ? literal : layers).flatMap(({ methods }) => methods));
    if (allowed.size === 0) throw new Problem('not-found', 'No resource of this service has this path.');
    const allow = [...allowed, 'OPTIONS'].join(', ');
    if (ctx.method === 'OPTIONS') {
      ctx.set('Allow', allow);
      ctx.status = 204;
      return;
    }
    throw new Problem('method-not-allowed', `This resource offers ${allow}.`, { headers: { Allow: allow } });
  };
  return (ctx, next) => count(ctx, () => answer(ctx, next));
}
