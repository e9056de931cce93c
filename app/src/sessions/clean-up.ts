import type { Knex } from 'knex';
import { named } from '../database/statements.ts';

/** Over for so long that no request can still be on its way, and a question about yesterday can be answered. */
const end = 'least(sessions.expires_at, sessions.revoked_at)';
const ended = `${end} < now() - interval '1 day'`;

/**
 * Oldest first, which the index gives. Locked rows are left for the next time: clean-up waits for nobody, so nobody
 * waits for it in a circle.
 */
const deleteTokens = `
  delete from refresh_tokens where token_hash = any(array(
    select token_hash from sessions join refresh_tokens on session_id = sessions.id
    where ${ended}
    order by ${end} limit :limit for update of refresh_tokens skip locked
  ))`;

const deleteSessions = `
  delete from sessions where id = any(array(
    select id from sessions
    where ${ended} and not exists (select from refresh_tokens where session_id = sessions.id)
    order by ${end} limit :limit for update skip locked
  ))`;

/**
 * Deletes sessions that expired or were revoked more than a day ago, with their refresh tokens. A session can have
 * thousands of used tokens, so the tokens go first and are counted too: no statement deletes more than `limit`
 * rows. Safe to run in several processes at once.
 * @param limit most rows to delete
 * @returns how many rows were deleted; fewer than `limit` means that nothing is left to delete for now
 */
export function deleteExpiredSessions(knex: Knex, limit: number): Promise<number> {
  return named('sessions.clean_up', async () => {
    const { rowCount: tokens } = await knex.raw<{ rowCount: number }>(deleteTokens, { limit });
    if (tokens >= limit) return tokens;
    const { rowCount: sessions } = await knex.raw<{ rowCount: number }>(deleteSessions, {
      limit: limit - tokens,
    });
    return tokens + sessions;
  });
}
