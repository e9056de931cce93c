import type { Knex } from 'knex';

/**
 * Full text of title and description, with no language assumed. Both inverted indexes begin with the owner
 * (btree_gin makes a uuid fit in), so that a search reads what is the owner's and not what all others wrote.
 * btree_gin comes with PostgreSQL and is trusted: who may create in the database may create it.
 * The new column is stored: PostgreSQL writes the table anew and locks it meanwhile.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create extension if not exists btree_gin;

    alter table todos add column search tsvector not null generated always as (
      setweight(to_tsvector('simple', title), 'A') ||
      setweight(to_tsvector('simple', coalesce(description, '')), 'B')
    ) stored;
    create index todos_by_search on todos using gin (owner_id, search);

    drop index todos_by_label;
    create index todos_by_label on todos using gin (owner_id, labels);
  `);
}

/** The extension stays: whoever made it, others may use it by now. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index todos_by_label;
    create index todos_by_label on todos using gin (labels);
    alter table todos drop column search;
  `);
}
