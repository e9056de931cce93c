import type { Knex } from 'knex';

/**
 * The answers to requests with an Idempotency-Key. Status, headers and body are null only inside the
 * transaction that claims a key: it commits with the answer or not at all. The id tells the age (UUIDv7).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table idempotency_keys (
      id          uuid primary key default uuidv7(),
      user_id     uuid not null constraint idempotency_keys_user_fk references users on delete cascade,
      key         text not null,
      fingerprint bytea not null,
      status      smallint,
      headers     jsonb,
      body        text,
      constraint idempotency_keys_unique unique (user_id, key),
      constraint idempotency_keys_key_length check (char_length(key) between 1 and 255),
      constraint idempotency_keys_fingerprint_length check (octet_length(fingerprint) = 32)
    )
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table idempotency_keys');
}
