import { type Route, route } from '../http/route.ts';
import { type Health, healthReport } from './health.ts';

/** The probes; `make up`, Kubernetes and load balancers ask them. */
export function healthRoutes(health: Health): Route[] {
  return (['live', 'startup', 'ready'] as const).map((probe) =>
    route({
      method: 'get',
      path: `/health/${probe}`,
      operation: `check${probe.charAt(0).toUpperCase()}${probe.slice(1)}`,
      summary: `Whether the instance is ${probe === 'startup' ? 'started' : probe}`,
      authentication: 'none',
      answers: {
        200: { description: 'It is', schema: healthReport },
        503: { description: 'It is not, and why', schema: healthReport },
      },
      handler({ ctx }) {
        const report = health[probe]();
        ctx.body = report;
        ctx.status = report.status === 'ok' ? 200 : 503;
      },
    }),
  );
}
