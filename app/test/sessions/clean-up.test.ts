import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { deleteExpiredSessions } from '../../src/sessions/clean-up.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('the clean-up of sessions', () => {
  let api: TestApi;
  let user: TestUser;
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
  });
  afterAll(() => api.stop());
  beforeEach(() => api.knex('sessions').delete());

  /**
   * Makes sessions with this many used tokens each.
   * @param expired and revoked: PostgreSQL intervals from now, `-1 day` is a day ago
   */
  async function makeSessions(
    count: number,
    { expired, revoked = null, tokens = 1 }: { expired: string; revoked?: string | null; tokens?: number },
  ): Promise<void> {
    await api.knex.raw(
      `with s as (
         insert into sessions (user_id, created_at, expires_at, revoked_at, revoked_reason)
         select :user, now() - interval '60 days', now() + cast(:expired as interval),
           now() + cast(:revoked as interval), case when cast(:revoked as text) is not null then 'logged_out' end
         from generate_series(1, :count) returning id
       )
       insert into refresh_tokens (token_hash, session_id, expires_at, used_at)
       select sha256(cast(concat(id, ' ', n) as bytea)), id, now(), now() from s, generate_series(1, :tokens) n`,
      { user: user.id, count, expired, revoked, tokens },
    );
  }
  const count = async (table: string) => Number((await api.knex(table).count())[0]?.['count']);

  test('takes those that expired or were revoked more than a day ago, with their tokens, and no others', async () => {
    await makeSessions(1, { expired: '-25 hours' });
    await makeSessions(1, { expired: '20 days', revoked: '-25 hours' });
    await makeSessions(1, { expired: '-23 hours' });
    await makeSessions(1, { expired: '20 days', revoked: '-23 hours' });
    await makeSessions(1, { expired: '-23 hours', revoked: '-24 hours 1 minute' });
    await makeSessions(1, { expired: '20 days' });
    expect(await deleteExpiredSessions(api.knex, 100)).toBe(4);
    expect(await count('sessions')).toBe(4);
    expect(await count('refresh_tokens')).toBe(4);
  });

  test('deletes no more rows at once than it may, also of one session, and all of them in the end', async () => {
    await makeSessions(3, { expired: '-2 days', tokens: 10 });
    const deleted: number[] = [];
    do deleted.push(await deleteExpiredSessions(api.knex, 8));
    while (deleted.at(-1) === 8);
    expect(deleted).toEqual([8, 8, 8, 8, 1]);
    expect(await count('sessions')).toBe(0);
  });

  test('waits for nobody: what another transaction holds is left for the next time', async () => {
    await makeSessions(2, { expired: '-2 days', tokens: 0 });
    const transaction = await api.knex.transaction();
    await transaction('sessions').limit(1).forUpdate();
    expect(await deleteExpiredSessions(api.knex, 100)).toBe(1);
    await transaction.rollback();
    expect(await deleteExpiredSessions(api.knex, 100)).toBe(1);
  });

  test('may run in several processes at once', async () => {
    await makeSessions(50, { expired: '-2 days', tokens: 3 });
    const deleted = await Promise.all(Array.from({ length: 4 }, () => deleteExpiredSessions(api.knex, 1000)));
    const rest = await deleteExpiredSessions(api.knex, 1000);
    expect(deleted.reduce((sum, each) => sum + each, rest)).toBe(200);
    expect(await count('sessions')).toBe(0);
  });

  test('finds its sessions by an index', async () => {
    await makeSessions(2000, { expired: '20 days', tokens: 0 });
    await api.owner.raw('analyze sessions');
    const { rows } = await api.knex.raw(
      "explain select from sessions where least(expires_at, revoked_at) < now() - interval '1 day'",
    );
    expect(JSON.stringify(rows)).toContain('sessions_by_end');
  });
});
