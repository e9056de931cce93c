import type { Metrics } from '@sightline/telemetry/metrics.ts';
import { databaseErrorKind } from './errors.ts';
import type { StatementListener } from './statements.ts';

/** Measures each statement and each wait for a connection, and counts those that fail. */
export function statementMetrics(metrics: Metrics): StatementListener {
  let inFlight = 0;
  metrics.beforeScrape(() => metrics.set('db_statements_in_flight', {}, inFlight));
  const failed = (error: unknown) => metrics.count('db_errors_total', { kind: databaseErrorKind(error) });
  return {
    queued(waitMs, error) {
      metrics.observe('db_queue_wait_seconds', {}, waitMs / 1000);
      if (error !== undefined) failed(error);
    },
    sent(operation) {
      inFlight += 1;
      return (durationMs, error) => {
        inFlight -= 1;
        metrics.observe('db_query_duration_seconds', { operation }, durationMs / 1000);
        if (error !== undefined) failed(error);
      };
    },
  };
}
