import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Config } from '../config.ts';
import type { FaultSwitch } from '../faults/switch.ts';
import type { Health } from '../health/health.ts';
import { healthRoutes } from '../health/routes.ts';
import type { Route } from '../http/route.ts';
import { problemPageRoutes } from '../openapi/problem-pages.ts';
import type { RootLog } from '../telemetry/log.ts';
import { faultRoutes } from './fault-routes.ts';
import { logLevelRoutes } from './log-level-routes.ts';
import { metricsRoute } from './metrics-route.ts';
import { profileRoutes } from './profile-routes.ts';

/** How the paths begin that change the process or look into it; `refuse-web-pages.ts` watches over them. */
export const debugPaths = '/debug/';

interface Dependencies {
  readonly config: Config;
  readonly log: RootLog;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly faults?: FaultSwitch | undefined;
}

/** Every endpoint of the management server, with the pages that its problems point at. */
export function managementRoutes({ config, log, metrics, health, faults }: Dependencies): Route[] {
  return [
    ...healthRoutes(health),
    metricsRoute(metrics),
    ...logLevelRoutes(log),
    ...profileRoutes(config),
    ...faultRoutes(faults),
    ...problemPageRoutes(),
  ];
}
