import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import { violates } from '../database/errors.ts';
import { named } from '../database/statements.ts';
import { connectionOf } from '../database/transaction.ts';
import type { Principal } from './access-tokens.ts';
import { rememberNetwork } from './known-networks.ts';

/** What became of a refresh token that was sent in. */
export type Exchange =
  /** Used up, and the next one is in its place. */
  | { readonly outcome: 'rotated'; readonly session: Principal }
  /** Used before: the session is revoked. */
  | { readonly outcome: 'replayed'; readonly session: Principal }
  /** Unknown or expired, or its session is over; nothing was written. */
  | { readonly outcome: 'refused' };

export interface SessionRepository {
  /**
   * Begins a session with its first refresh token, and remembers the network it was begun from.
   * @returns `undefined` when the user no longer exists
   */
  start(userId: string, tokenHash: Buffer, network: string): Promise<Principal | undefined>;
  /**
   * Uses a refresh token up and puts the next in its place, or revokes the session of one that was used before. Of
   * several calls with one token, in however many processes, one rotates it.
   */
  exchange(tokenHash: Buffer, nextHash: Buffer): Promise<Exchange>;
  /** Revokes a session by its user's wish. @returns whether it went on until then */
  revoke(session: Principal): Promise<boolean>;
}

const principal = 'id as "sessionId", user_id as "userId"';

/** Inserts a refresh token of the session in the named part of the statement. It never outlives the session. */
const insertTokenOf = (session: string) => `
  insert into refresh_tokens (token_hash, session_id, expires_at)
  select cast(:newHash as bytea), id, least(expires_at, now() + make_interval(days => :tokenDays))
  from ${session}`;

const startSession = `
  with session as (
    insert into sessions (user_id, expires_at) values (:userId, now() + make_interval(days => :sessionDays))
    returning id, user_id, expires_at
  ),
  token as (${insertTokenOf('session')}),
  ${rememberNetwork}
  select ${principal} from session`;

/**
 * The lock on the session comes first: it makes twins wait for each other, and it is the order in which the
 * deletion of a user locks the two tables, so that neither waits for the other in a circle. Locked rows are the newest
 * versions, so whoever had to wait finds the token used, and what is decided on them is still so when it is written.
 */
const exchangeToken = `
  with locked as materialized (
    select sessions.id, user_id, revoked_at, used_at, sessions.expires_at,
      least(sessions.expires_at, refresh_tokens.expires_at) as good_until
    from refresh_tokens join sessions on sessions.id = session_id
    where token_hash = :tokenHash
    for no key update of sessions, refresh_tokens
  ),
  decided as materialized (
    select *, case
      when revoked_at is not null then 'refused'
      when used_at is not null then 'replayed'
      when good_until <= now() then 'refused'
      else 'rotated' end as outcome
    from locked
  ),
  used as (
    update refresh_tokens set used_at = now() from decided
    where token_hash = :tokenHash and outcome = 'rotated'
    returning decided.id, decided.expires_at
  ),
  token as (${insertTokenOf('used')}),
  revoked as (
    update sessions set revoked_at = now(), revoked_reason = 'replayed' from decided
    where sessions.id = decided.id and outcome = 'replayed'
  )
  select outcome, ${principal} from decided`;

const revokeSession = `
  update sessions set revoked_at = now(), revoked_reason = 'logged_out'
  where id = :sessionId and user_id = :userId and revoked_at is null`;

export function createSessionRepository(
  knex: Knex,
  {
    SESSION_DAYS: sessionDays,
    REFRESH_TOKEN_DAYS: tokenDays,
  }: Pick<Config, 'SESSION_DAYS' | 'REFRESH_TOKEN_DAYS'>,
): SessionRepository {
  async function firstRow<Row = Principal>(sql: string, bindings: Knex.ValueDict): Promise<Row | undefined> {
    const { rows } = await connectionOf(knex).raw<{ rows: Row[] }>(sql, bindings);
    return rows[0];
  }

  return {
    async start(userId, newHash, network) {
      try {
        return await named('sessions.start', () =>
          firstRow(startSession, { userId, newHash, network, sessionDays, tokenDays }),
        );
      } catch (error) {
        if (violates(error, 'sessions_user_fk')) return undefined;
        throw error;
      }
    },
    async exchange(tokenHash, newHash) {
      const row = await named('sessions.rotate', () =>
        firstRow<Principal & Pick<Exchange, 'outcome'>>(exchangeToken, { tokenHash, newHash, tokenDays }),
      );
      if (!row) return { outcome: 'refused' };
      const { outcome, ...session } = row;
      return { outcome, session };
    },
    revoke: ({ sessionId, userId }) =>
      named('sessions.revoke', async () => {
        const { rowCount } = await connectionOf(knex).raw<{ rowCount: number }>(revokeSession, { sessionId, userId });
        return rowCount > 0;
      }),
  };
}
