/**
 * The signal contract: every metric, log field, log event and SLO of the service. Instruments and log lines take
 * their names and labels from here by type; alerts, dashboards, the Elasticsearch mapping and docs/signals.md are
 * made from it by `make generate`. Nothing else names a signal.
 */
import { backupMetrics } from './backup.ts';
import { databaseMetrics } from './database.ts';
import { httpMetrics } from './http.ts';
import { processMetrics } from './process.ts';
import { shipperMetrics } from './shipper.ts';
import { todoMetrics } from './todos.ts';
import { webhookMetrics } from './webhook.ts';

export { foreignMetrics } from './foreign.ts';
export { unmatchedRoute } from './http.ts';
export { type AuditEventName, type LogEventName, logEvents } from './log-events.ts';
export { commonFields, type LogFieldName, logFields } from './log-fields.ts';
export { serviceName } from './service.ts';
export { routeClasses, slos, timedRoute } from './slos.ts';

/** In the order in which docs/signals.md lists them. */
export const metrics = {
  ...httpMetrics,
  ...todoMetrics,
  ...databaseMetrics,
  ...processMetrics,
  ...shipperMetrics,
  ...webhookMetrics,
  ...backupMetrics,
} as const;
