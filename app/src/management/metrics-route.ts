import type { Metrics } from '@sightline/telemetry/metrics.ts';
import { type Route, route } from '../http/route.ts';

/** `GET /metrics`, for Prometheus. */
export function metricsRoute(metrics: Metrics): Route {
  return route({
    method: 'get',
    path: '/metrics',
    operation: 'getMetrics',
    summary: 'See the metrics of this instance',
    authentication: 'none',
    page: true,
    answers: { 200: { description: 'OpenMetrics, or the text format of Prometheus as METRICS_FORMAT says' } },
    async handler({ ctx }) {
      const { contentType, text } = await metrics.scrape();
      ctx.body = text;
      ctx.set('Content-Type', contentType);
    },
  });
}
