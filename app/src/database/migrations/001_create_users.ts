import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table users (
      id            uuid primary key default uuidv7(),
      email         text not null,
      name          text not null,
      password_hash text not null,
      created_at    timestamptz not null default now(),
      updated_at    timestamptz not null default now(),
      constraint users_email_unique unique (email),
      constraint users_email_lower_case check (email = lower(email)),
      constraint users_email_length check (char_length(email) between 3 and 254),
      constraint users_name_length check (char_length(name) between 1 and 100)
    )
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table users');
}
