import type { Knex } from 'knex';
import type { Metrics } from '../telemetry/metrics.ts';
import type { DatabaseStatus } from './monitor.ts';

/** The pool of tarn, as far as it is read here. */
interface Pool {
  numUsed(): number;
  numFree(): number;
  numPendingAcquires(): number;
  readonly max: number;
}

/** Emits whether the database answers, and how its connection pool stands. */
export function emitDatabaseMetrics(
  knex: Knex,
  status: Readonly<Pick<DatabaseStatus, 'up'>>,
  metrics: Metrics,
): void {
  const pool = knex.client.pool as Pool;
  metrics.set('db_connections_max', {}, pool.max);
  metrics.beforeScrape(() => {
    metrics.set('db_up', {}, status.up ? 1 : 0);
    metrics.set('db_connections', { state: 'in_use' }, pool.numUsed());
    metrics.set('db_connections', { state: 'idle' }, pool.numFree());
    metrics.set('db_queue_length', {}, pool.numPendingAcquires());
  });
}
