import type { Knex } from 'knex';
import { namesAgree } from './900_add_users_display_name.ts';

/** Contract: once no pod of a release runs that knows the old column, it goes, and with it what kept the two the same. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger users_names_agree on users;
    drop function users_names_agree;
    alter table users drop column name;
  `);
}

/** Back to the state after 900, for a release that knows both; what was dropped is filled from what is kept. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table users add column name text;
    update users set name = display_name;
    alter table users alter column name set not null,
      add constraint users_name_length check (char_length(name) between 1 and 100);
    ${namesAgree}
  `);
}
