import type { Labels } from '@sightline/telemetry/metrics.ts';
import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import { named } from '../database/statements.ts';
import { deleteExpiredSessions } from '../sessions/clean-up.ts';
import { forgetNetworks } from '../sessions/known-networks.ts';

/** Something that has to be done again and again, in steps small enough to disturb nobody. */
export interface Job {
  readonly name: Labels<'maintenance_removed_rows_total'>['job_name'];
  /** Does one step. @returns how many rows it removed; fewer than `limit` means that nothing is left */
  run(knex: Knex, limit: number): Promise<number>;
}

/**
 * Removes old answers. Their ids are UUIDv7s, which tell their age: the primary key finds them, and no further index has
 * to be written with each row. The array makes PostgreSQL look its ids up one by one. Rows that a request holds are
 * left for later, so that neither waits for the other.
 */
const removeOldAnswers =
  (hours: number): Job['run'] =>
  async (knex, limit) => {
    const { rowCount } = await named('idempotency.clean_up', () =>
      knex.raw<{ rowCount: number }>(
        `delete from idempotency_keys where id = any(array(
           select id from idempotency_keys where id < (select uuidv7(make_interval(hours => -?::integer)))
           order by id limit ? for update skip locked
         ))`,
        [hours, limit],
      ),
    );
    return rowCount;
  };

/** Removes old events of the audit, by a function of its owner's (migration 010): the service itself may only add to it. */
const removeOldEvents =
  (days: number): Job['run'] =>
  async (knex, limit) => {
    const { rows } = await named('audit.clean_up', () =>
      knex.raw<{ rows: { removed: number }[] }>('select remove_expired_todo_events(?, ?) as removed', [
        days,
        limit,
      ]),
    );
    return rows[0]?.removed ?? 0;
  };

/** Everything that is done in the background. */
export function maintenanceJobs({
  AUDIT_RETENTION_DAYS,
  IDEMPOTENCY_HOURS,
  KNOWN_NETWORK_DAYS,
}: Pick<Config, 'AUDIT_RETENTION_DAYS' | 'IDEMPOTENCY_HOURS' | 'KNOWN_NETWORK_DAYS'>): readonly Job[] {
  return [
    { name: 'audit', run: removeOldEvents(AUDIT_RETENTION_DAYS) },
    { name: 'idempotency', run: removeOldAnswers(IDEMPOTENCY_HOURS) },
    { name: 'sessions', run: deleteExpiredSessions },
    { name: 'networks', run: forgetNetworks(KNOWN_NETWORK_DAYS) },
  ];
}
