import type { Knex } from 'knex';

/**
 * Removes audit events that have been kept long enough, for a role that may add them and nothing else. It does so as
 * its owner, who says in the other function what is long enough; whoever calls it can ask for longer only. Of temporary
 * tables, which a caller may make, none is taken for ours: the path says so. The age is told by the ids (UUIDv7), and
 * the array makes PostgreSQL look them up one by one. Rows that a request holds are left for later, so that neither
 * waits for the other.
 */
export async function up(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>('select current_schema as name');
  await knex.raw(
    `
    create function fewest_audit_days() returns integer language sql immutable return 1;

    create function remove_expired_todo_events(days integer, at_most integer) returns integer
      language plpgsql strict security definer set search_path = ??, pg_temp
    as $$
    declare
      removed integer;
    begin
      if days < fewest_audit_days() then
        raise insufficient_privilege using message = format(
          'audit events are kept for %s days, and those older than %s days were to be removed: '
          'AUDIT_RETENTION_DAYS of the migration, whose role owns them, has to be lowered first',
          fewest_audit_days(), days);
      end if;
      delete from todo_events where id = any(array(
        select id from todo_events where id < (select uuidv7(make_interval(days => -days)))
        order by id limit at_most for update skip locked
      ));
      get diagnostics removed = row_count;
      return removed;
    end $$;
  `,
    [rows[0]?.name ?? 'public'],
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop function remove_expired_todo_events, fewest_audit_days');
}
