import type { Knex } from 'knex';

/**
 * Networks that users have logged in from lately. The hash is of user and network together, so that nobody sees by a
 * look at the table who shares a network with whom.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table known_networks (
      user_id         uuid not null constraint known_networks_user_fk references users on delete cascade,
      network_hash    bytea not null,
      last_success_at timestamptz not null default now(),
      primary key (user_id, network_hash),
      constraint known_networks_hash_length check (octet_length(network_hash) = 32)
    );

    create index known_networks_by_age on known_networks (last_success_at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table known_networks');
}
