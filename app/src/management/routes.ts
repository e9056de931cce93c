import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Health } from '../health/health.ts';
import { healthRoutes } from '../health/routes.ts';
import type { Route } from '../http/route.ts';
import { problemPageRoutes } from '../openapi/problem-pages.ts';
import { logLevelRoutes } from './log-level-routes.ts';
import { profileRoutes } from './profile-routes.ts';

/** How the paths begin that change the process or look into it; `refuse-web-pages.ts` watches over them. */
export const debugPaths = '/debug/';

interface Dependencies {
  readonly config: Config;
  readonly log: Logger;
  readonly health: Health;
}

/** Every endpoint of the management server, with the pages that its problems point at. */
export function managementRoutes({ config, log, health }: Dependencies): Route[] {
  return [...healthRoutes(health), ...logLevelRoutes(log), ...profileRoutes(config), ...problemPageRoutes()];
}
