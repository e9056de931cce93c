/** The role that the service logs in as, where it is another one than owns the schema: what it may, and no more. */
import type { Knex } from 'knex';
import { named } from './statements.ts';

/**
 * The privileges of the service on each table. Users and their sessions go by foreign keys that cascade, which PostgreSQL
 * follows as the tables' owner: so a user can be erased by a role that can't remove a todo or an event of the audit.
 * A new table needs a row here. A privilege that the release before needs goes one release later (docs/schema-changes.md).
 */
export const tablePrivileges: Readonly<Record<string, readonly string[]>> = {
  users: ['select', 'insert', 'update', 'delete'],
  todos: ['select', 'insert', 'update'],
  todo_events: ['select', 'insert'],
  sessions: ['select', 'insert', 'update', 'delete'],
  refresh_tokens: ['select', 'insert', 'update', 'delete'],
  idempotency_keys: ['select', 'insert', 'update', 'delete'],
  known_networks: ['select', 'insert', 'update', 'delete'],
  knex_migrations: ['select'],
  knex_migrations_lock: [],
};

/** Everybody may call any function but this one, which acts as its owner. */
const auditCleanUp = 'remove_expired_todo_events(integer, integer)';

/** DATABASE_SERVICE_ROLE can't be what it should be. The message says why, and what to do. */
export class ServiceRoleError extends Error {
  override readonly name = 'ServiceRoleError';
}

/** The rights that would make privileges pointless, by a name; each is a condition on the row of `pg_roles`. */
const tooMuch = {
  'is a superuser': 'rolsuper',
  'owns the schema, or may become who does': "pg_has_role(rolname, current_user, 'member')",
  'may create in the schema': "has_schema_privilege(rolname, current_schema, 'create')",
  'may create schemas in the database': "has_database_privilege(rolname, current_database(), 'create')",
} as const;

/** @throws ServiceRoleError when it isn't there or may too much */
async function checkRole(knex: Knex, role: string): Promise<void> {
  const { rows } = await knex.raw<{ rows: Record<string, boolean>[] }>(
    `select ${Object.values(tooMuch)
      .map((condition, index) => `${condition} as "${index}"`)
      .join(', ')} from pg_roles where rolname = ?`,
    [role],
  );
  const [found] = rows;
  if (found === undefined)
    throw new ServiceRoleError(
      `DATABASE_SERVICE_ROLE: there is no role "${role}"; whoever administers the server makes it: create role ${role} login`,
    );
  const why = Object.keys(tooMuch).filter((_, index) => found[index]);
  if (why.length > 0)
    throw new ServiceRoleError(
      `DATABASE_SERVICE_ROLE: "${role}" ${why.join(', and ')}; give a role that is the service's alone, and revoke that from it, or from public`,
    );
}

/**
 * Gives the service's role what it needs of the tables that are there, and takes everything else from it, in one
 * transaction. Safe to repeat, and beside a running service.
 * @param auditRetentionDays how old an event of the audit has to be at least for the service to remove it
 * @throws ServiceRoleError when the role isn't there or may too much; nothing was changed then
 */
export function grantToService(knex: Knex, role: string, auditRetentionDays: number): Promise<void> {
  return named('migrations', () =>
    knex.transaction(async (transaction) => {
      await checkRole(transaction, role);
      const schema = transaction
        .raw('select current_schema as name')
        .then(({ rows }) => rows[0].name as string);
      await transaction.raw('revoke all on all tables in schema ?? from ??', [await schema, role]);
      for (const [table, privileges] of Object.entries(tablePrivileges)) {
        if (privileges.length === 0 || !(await transaction.schema.hasTable(table))) continue;
        await transaction.raw(`grant ${privileges.join(', ')} on ?? to ??`, [table, role]);
      }
      const { rows } = await transaction.raw<{ rows: { known: string | null }[] }>(
        'select to_regprocedure(?) as known',
        [auditCleanUp],
      );
      if (rows[0]?.known == null) return;
      await transaction.raw(`revoke all on function ${auditCleanUp} from public`);
      await transaction.raw(`grant execute on function ${auditCleanUp} to ??`, [role]);
      await transaction.raw(
        `create or replace function fewest_audit_days() returns integer language sql immutable return ${auditRetentionDays}`,
      );
    }),
  );
}

/** Whether who is logged in could change or drop the audit, as its owner or as who may become that. */
export function ownsSchema(knex: Knex): Promise<boolean> {
  return named('migrations', async () => {
    const { rows } = await knex.raw<{ rows: { owns: boolean }[] }>(
      "select pg_has_role(relowner, 'member') as owns from pg_class where oid = to_regclass('todo_events')",
    );
    return rows[0]?.owns === true;
  });
}
