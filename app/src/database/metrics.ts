import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Knex } from 'knex';
import { pipelineOf } from './connection.ts';
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
  const pipeline = pipelineOf(knex);
  metrics.set('db_connections_max', {}, pool.max + (pipeline?.size ?? 0));
  metrics.beforeScrape(() => {
    metrics.set('db_up', {}, status.up ? 1 : 0);
    const { inUse = 0, idle = 0 } = pipeline?.connections() ?? {};
    metrics.set('db_connections', { state: 'in_use' }, pool.numUsed() + inUse);
    metrics.set('db_connections', { state: 'idle' }, pool.numFree() + idle);
    metrics.set('db_queue_length', {}, pool.numPendingAcquires());
  });
}
