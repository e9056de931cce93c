import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import type { StatementName } from '../database/statement-names.ts';
import { named } from '../database/statements.ts';
import { deleteExpiredSessions } from '../sessions/clean-up.ts';
import { forgetNetworks } from '../sessions/known-networks.ts';
import type { Labels } from '../telemetry/metrics.ts';

/** Something that has to be done again and again, in steps small enough to disturb nobody. */
export interface Job {
  readonly name: Labels<'maintenance_removed_rows_total'>['job_name'];
  /** Does one step. @returns how many rows it removed; fewer than `limit` means that nothing is left */
  run(knex: Knex, limit: number): Promise<number>;
}

/**
 * Removes the oldest rows of a table whose ids are UUIDv7s, which tell their age: the primary key finds them, and
 * no further index has to be written with each row. The array makes PostgreSQL look its ids up one by one. Rows
 * that a request holds are left for later, so that neither waits for the other.
 * @param age what a row may not exceed, as make_interval takes it
 */
const removeOlder =
  (
    statement: Extract<StatementName, `${string}.clean_up`>,
    table: 'todo_events' | 'idempotency_keys',
    unit: 'days' | 'hours',
    age: number,
  ): Job['run'] =>
  async (knex, limit) => {
    const { rowCount } = await named(statement, () =>
      knex.raw<{ rowCount: number }>(
        `delete from ${table} where id = any(array(
           select id from ${table} where id < (select uuidv7(make_interval(${unit} => -?::integer)))
           order by id limit ? for update skip locked
         ))`,
        [age, limit],
      ),
    );
    return rowCount;
  };

/** Everything that is done in the background. */
export function maintenanceJobs({
  AUDIT_RETENTION_DAYS,
  IDEMPOTENCY_HOURS,
  KNOWN_NETWORK_DAYS,
}: Pick<Config, 'AUDIT_RETENTION_DAYS' | 'IDEMPOTENCY_HOURS' | 'KNOWN_NETWORK_DAYS'>): readonly Job[] {
  return [
    { name: 'audit', run: removeOlder('audit.clean_up', 'todo_events', 'days', AUDIT_RETENTION_DAYS) },
    {
      name: 'idempotency',
      run: removeOlder('idempotency.clean_up', 'idempotency_keys', 'hours', IDEMPOTENCY_HOURS),
    },
    { name: 'sessions', run: deleteExpiredSessions },
    { name: 'networks', run: forgetNetworks(KNOWN_NETWORK_DAYS) },
  ];
}
