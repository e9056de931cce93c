import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import { violates } from '../database/errors.ts';
import { named } from '../database/statements.ts';
import type { Principal } from './access-tokens.ts';
import { rememberNetwork } from './known-networks.ts';

export interface SessionRepository {
  /**
   * Begins a session with its first refresh token, and remembers the network it was begun from.
   * @returns `undefined` when the user no longer exists
   */
  start(userId: string, tokenHash: Buffer, network: string): Promise<Principal | undefined>;
  /**
   * Uses a refresh token up and puts the next in its place. Of several calls with one token, in however many
   * processes, one succeeds.
   * @returns `undefined` when nothing was written: the token is unknown, used or expired, or its session is over
   */
  rotate(tokenHash: Buffer, nextHash: Buffer): Promise<Principal | undefined>;
  /**
   * Revokes the session of a refresh token that has been used.
   * @returns whose it was; `undefined` when nothing was written: the token is unknown or unused, or its session
   *   is revoked already
   */
  revokeReplayed(tokenHash: Buffer): Promise<Principal | undefined>;
  /** Revokes a session by its user's wish; one that is revoked or gone stays as it is. */
  revoke(session: Principal): Promise<void>;
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
 * deletion of a user locks the two tables, so that neither waits for the other in a circle. Whoever had to wait
 * finds the token used, since an update looks at the newest version of a row.
 */
const rotateToken = `
  with session as (
    select sessions.id, sessions.user_id, sessions.expires_at
    from refresh_tokens join sessions on sessions.id = session_id
    where token_hash = :tokenHash and revoked_at is null and sessions.expires_at > now()
    for no key update of sessions
  ),
  used as (
    update refresh_tokens set used_at = now() from session
    where token_hash = :tokenHash and session_id = session.id
      and used_at is null and refresh_tokens.expires_at > now()
    returning session.id, session.user_id, session.expires_at
  ),
  token as (${insertTokenOf('used')})
  select ${principal} from used`;

const revokeReplayedSession = `
  update sessions set revoked_at = now(), revoked_reason = 'replayed'
  from refresh_tokens
  where token_hash = :tokenHash and used_at is not null and sessions.id = session_id and revoked_at is null
  returning ${principal}`;

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
  async function firstRow(sql: string, bindings: Knex.ValueDict): Promise<Principal | undefined> {
    const { rows } = await knex.raw<{ rows: Principal[] }>(sql, bindings);
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
    rotate: (tokenHash, newHash) =>
      named('sessions.rotate', () => firstRow(rotateToken, { tokenHash, newHash, tokenDays })),
    revokeReplayed: (tokenHash) =>
      named('sessions.revoke_replayed', () => firstRow(revokeReplayedSession, { tokenHash })),
    async revoke({ sessionId, userId }) {
      await named('sessions.revoke', () => knex.raw(revokeSession, { sessionId, userId }));
    },
  };
}
