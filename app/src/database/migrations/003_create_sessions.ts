import type { Knex } from 'knex';

/**
 * A session is the family of all refresh tokens that descend from one log-in. Used tokens are kept as long as
 * their session, since that is how a replay is known. At most one token of a session is unused: the unique
 * index makes sure of it whatever the service does.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sessions (
      id             uuid primary key default uuidv7(),
      user_id        uuid not null constraint sessions_user_fk references users on delete cascade,
      created_at     timestamptz not null default now(),
      expires_at     timestamptz not null,
      revoked_at     timestamptz,
      revoked_reason text,
      constraint sessions_revoked_for_a_reason check ((revoked_at is null) = (revoked_reason is null)),
      constraint sessions_revoked_reason_known check (revoked_reason in ('logged_out', 'replayed'))
    );

    create index sessions_by_user on sessions (user_id);
    create index sessions_by_end on sessions (least(expires_at, revoked_at));

    create table refresh_tokens (
      token_hash bytea primary key,
      session_id uuid not null constraint refresh_tokens_session_fk references sessions on delete cascade,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      used_at    timestamptz,
      constraint refresh_tokens_hash_length check (octet_length(token_hash) = 32)
    );

    create index refresh_tokens_by_session on refresh_tokens (session_id);
    create unique index refresh_tokens_one_unused on refresh_tokens (session_id) where used_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table refresh_tokens; drop table sessions');
}
