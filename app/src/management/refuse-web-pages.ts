import { whyFromPage } from '@sightline/telemetry/own-server/web-pages.ts';
import type { Middleware } from 'koa';
import type { Config } from '../config.ts';
import { Problem } from '../http/problem.ts';

/**
 * Refuses what a browser sends for a page: it could change the log level or have the service stand still, and under a
 * name of its own even read a heap snapshot or the metrics.
 * @param paths the beginning of those that no link may lead to
 */
export function refuseWebPages(
  paths: string,
  { MANAGEMENT_NAMES: names }: Pick<Config, 'MANAGEMENT_NAMES'>,
): Middleware {
  return (ctx, next) => {
    const why = whyFromPage(ctx.headers, { names, links: !ctx.path.startsWith(paths) });
    if (why !== undefined) throw new Problem('web-page-refused', why);
    return next();
  };
}
