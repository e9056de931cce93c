import type { Knex } from 'knex';
import type { Config } from '../config.ts';
import { named } from '../database/statements.ts';
import { connectionOf } from '../database/transaction.ts';
import type { Principal } from '../http/authentication.ts';
import { rememberNetwork } from './known-networks.ts';
import { sessionGoesOn } from './live-session.ts';

/** The outcome for a refresh token that was sent in. */
export type Exchange =
  /** Used up, and the next one is in its place. */
  | { readonly outcome: 'rotated'; readonly session: Principal }
  /** Used before: the session is revoked. */
  | { readonly outcome: 'replayed'; readonly session: Principal }
  /** Unknown or expired, or its session is over; nothing was written. */
  | { readonly outcome: 'refused' };

/** A session that goes on, with times as PostgreSQL writes them. */
export interface SessionRow {
  readonly id: string;
  readonly created_at: string;
  /** When it was begun or refreshed last. */
  readonly last_used_at: string;
  /** When it ends unless it is refreshed. */
  readonly expires_at: string;
}

/** Why sessions were ended by something else than a token of theirs. */
export type EndReason = 'ended' | 'password_changed';

export interface SessionRepository {
  /**
   * Begins a session with its first refresh token, and remembers the network it was begun from. Belongs into a
   * transaction that holds the user, or several at once would each miss the others of too many.
   * @returns the session, and the ids of those that were ended since there would be too many
   */
  start(userId: string, tokenHash: Buffer, network: string): Promise<Started>;
  /**
   * Uses a refresh token up and puts the next in its place, or revokes the session of one that was used before. Of
   * several calls with one token, in however many processes, one rotates it.
   */
  exchange(tokenHash: Buffer, nextHash: Buffer): Promise<Exchange>;
  /** Revokes a session by its user's wish. @returns whether it went on until then */
  revoke(session: Principal): Promise<boolean>;
  /** The user's sessions that go on, newest first. */
  list(userId: string): Promise<SessionRow[]>;
  /** Ends the session of this id, if it is one of the caller's user. @returns as `endOthers` */
  end(caller: Principal, id: string): Promise<string[] | undefined>;
  /**
   * Ends all sessions of the caller's user but the caller's.
   * @returns their ids, or `undefined`, with nothing done, when the caller's own has ended
   */
  endOthers(caller: Principal, reason: EndReason): Promise<string[] | undefined>;
}

/** A session that was begun. */
export interface Started {
  readonly session: Principal;
  readonly ended: readonly string[];
}

const principal = 'id as "sessionId", user_id as "userId"';

/** Inserts a refresh token of the session in the named part of the statement. It never outlives the session. */
const insertTokenOf = (session: string) => `
  insert into refresh_tokens (token_hash, session_id, expires_at)
  select cast(:newHash as bytea), id, least(expires_at, now() + make_interval(days => :tokenDays))
  from ${session}`;

/** The user's sessions that can still be refreshed, each with its only token that was not used. */
const openSessions = `
  from sessions join refresh_tokens on session_id = sessions.id and used_at is null
  where user_id = :userId and revoked_at is null and refresh_tokens.expires_at > now()`;

/**
 * Parts of a statement that end open sessions; `ended` has their ids. They are locked first, in one order whoever ends
 * them, so that nobody waits for anybody in a circle, and looked at again then: of two who end one, one did.
 * @param which goes on from the condition of `openSessions`
 * @param reason an expression
 */
const endSessions = (which: string, reason: string) => `
  locked as materialized (
    select id from sessions where id = any(array(select sessions.id ${openSessions} ${which})) and revoked_at is null
    order by id for no key update
  ),
  ended as (
    update sessions set revoked_at = now(), revoked_reason = ${reason} from locked where sessions.id = locked.id
    returning sessions.id
  )`;

const idsOfEnded = "(select coalesce(json_agg(id), '[]') from ended) as ended";

/** The oldest give way; the one that is begun is not among those that the statement sees. */
const startSession = `
  with ${endSessions('order by sessions.id desc offset :max - 1', "'too_many'")},
  session as (
    insert into sessions (user_id, expires_at) values (:userId, now() + make_interval(days => :sessionDays))
    returning id, user_id, expires_at
  ),
  token as (${insertTokenOf('session')}),
  ${rememberNetwork}
  select ${principal}, ${idsOfEnded} from session`;

/** Ends what the caller may end, and says whether the caller's own session goes on. */
const endByCaller = (which: string) => `
  with caller as materialized (select ${sessionGoesOn(':sessionId', ':userId')} as goes_on),
  ${endSessions(`and ${which} and (select goes_on from caller)`, ':reason')}
  select goes_on, ${idsOfEnded} from caller`;
const endOne = endByCaller('sessions.id = :id');
const endOthers = endByCaller('sessions.id <> :sessionId');

const listSessions = `
  select sessions.id, sessions.created_at, refresh_tokens.created_at as last_used_at, refresh_tokens.expires_at
  ${openSessions} order by sessions.id desc`;

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
    SESSIONS_PER_USER: max,
  }: Pick<Config, 'SESSION_DAYS' | 'REFRESH_TOKEN_DAYS' | 'SESSIONS_PER_USER'>,
): SessionRepository {
  async function rowsOf<Row>(sql: string, bindings: Knex.ValueDict): Promise<Row[]> {
    const { rows } = await connectionOf(knex).raw<{ rows: Row[] }>(sql, bindings);
    return rows;
  }

  async function endedBy(sql: string, bindings: Knex.ValueDict): Promise<string[] | undefined> {
    const [row] = await rowsOf<{ goes_on: boolean; ended: string[] }>(sql, bindings);
    return row?.goes_on ? row.ended : undefined;
  }

  return {
    async start(userId, newHash, network) {
      const [row] = await named('sessions.start', () =>
        rowsOf<Principal & Pick<Started, 'ended'>>(startSession, {
          ...{ userId, newHash, network },
          ...{ sessionDays, tokenDays, max },
        }),
      );
      if (!row) throw new Error('PostgreSQL says nothing of the session that it began.');
      const { ended, ...session } = row;
      return { session, ended };
    },
    async exchange(tokenHash, newHash) {
      const [row] = await named('sessions.rotate', () =>
        rowsOf<Principal & Pick<Exchange, 'outcome'>>(exchangeToken, { tokenHash, newHash, tokenDays }),
      );
      if (!row) return { outcome: 'refused' };
      const { outcome, ...session } = row;
      return { outcome, session };
    },
    revoke: ({ sessionId, userId }) =>
      named('sessions.revoke', async () => {
        const { rowCount } = await connectionOf(knex).raw<{ rowCount: number }>(revokeSession, {
          sessionId,
          userId,
        });
        return rowCount > 0;
      }),
    list: (userId) => named('sessions.list', () => rowsOf<SessionRow>(listSessions, { userId })),
    end: ({ userId, sessionId }, id) =>
      named('sessions.end', () => endedBy(endOne, { userId, sessionId, id, reason: 'ended' })),
    endOthers: ({ userId, sessionId }, reason) =>
      named('sessions.end_others', () => endedBy(endOthers, { userId, sessionId, reason })),
  };
}
