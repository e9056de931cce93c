import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** Refuses a request with more header fields than that. */
export function headerCount(limit: number): Middleware {
  return (ctx, next) => {
    // Names and values by turns.
    if (ctx.req.rawHeaders.length / 2 <= limit) return next();
    throw new Problem('header-too-large', `A request may have ${limit} header fields.`);
  };
}
