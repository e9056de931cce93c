import { type Route, route } from '../http/route.ts';
import type { Health } from './health.ts';

/** The probes; `make up`, Kubernetes and load balancers ask them. */
export function healthRoutes(health: Health): Route[] {
  return (['live', 'startup', 'ready'] as const).map((probe) =>
    route({
      method: 'get',
      path: `/health/${probe}`,
      authentication: 'none',
      handler({ ctx }) {
        const report = health[probe]();
        ctx.body = report;
        ctx.status = report.status === 'ok' ? 200 : 503;
      },
    }),
  );
}
