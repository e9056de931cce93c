/**
 * The part of koa-zod-router 2.3 that this service uses, typed for Koa 3, @koa/router 15 and zod 4.
 * The types it ships are written against Koa 2 and zod 3 and don't compile here.
 */
import type Router from '@koa/router';
import type { RouterOptions } from '@koa/router';
import type { Context, Middleware, Request } from 'koa';

export interface ZodContext<Params, Query, Body> extends Context {
  request: Request & { params: Params; query: Query; body: Body };
}

export interface RouteSpec {
  name?: string;
  method: string | string[];
  path: string;
  /** Runs before the handler. */
  pre?: Middleware[];
  handler: Middleware;
}

export interface ZodRouter {
  readonly router: Router;
  register(spec: RouteSpec): Router;
  routes(): Middleware;
}

export default function zodRouter(options?: { koaRouter?: RouterOptions }): ZodRouter;
