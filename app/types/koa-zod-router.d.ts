/**
 * The part of koa-zod-router 2.3 that this service uses, typed for Koa 3, @koa/router 15 and zod 4.
 * The types it ships are written against Koa 2 and zod 3 and don't compile here.
 */
import type Router from '@koa/router';
import type { RouterOptions } from '@koa/router';
import type { Context, Middleware, Request } from 'koa';
import type { ZodError, ZodType } from 'zod';

/** The places of a request that a schema can describe. */
export type RequestPart = 'headers' | 'params' | 'query' | 'body';

/** What failed, by place; `error` is true when any did. */
export type Invalid = Partial<Record<RequestPart, ZodError>> & { error: boolean };

export interface ZodContext<Params, Query, Body> extends Context {
  request: Request & { params: Params; query: Query; body: Body };
  invalid: Invalid;
}

export interface RouteSpec {
  name?: string;
  method: string | string[];
  path: string;
  /** Runs before validation. */
  pre?: Middleware[];
  validate?: Partial<Record<RequestPart, ZodType>>;
  handler: Middleware;
}

export interface ZodRouter {
  readonly router: Router;
  register(spec: RouteSpec): Router;
  routes(): Middleware;
}

export default function zodRouter(options?: {
  koaRouter?: RouterOptions;
  zodRouter?: { validationErrorHandler?: Middleware };
}): ZodRouter;
