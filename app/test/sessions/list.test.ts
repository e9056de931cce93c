/** A user sees their sessions, ends them, and has no more than they may. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Session } from '../../src/sessions/schema.ts';
import {
  type RequestOptions,
  type Send,
  startApi,
  type TestApi,
  type TestUser,
  type Tokens,
} from '../support/api.ts';

const max = 5;

/** Two instances of the service on one database. */
let api: TestApi;
let other: TestApi;
let user: TestUser;
beforeAll(async () => {
  api = await startApi({ SESSIONS_PER_USER: String(max) });
  other = await startApi({ SESSIONS_PER_USER: String(max) }, undefined, { beside: api });
});
afterAll(async () => {
  await other.stop();
  await api.stop();
});
beforeEach(async () => {
  user = await api.newUser();
});

const sessionOf = (token: string) => String(decodeJwt(token)['sid']);
const list = (token = user.token) => api.send<{ items: Session[] }>('GET', '/v1/sessions', { token });
const logIn = async (send: Send = api.send, { email, password } = user) =>
  (await send<Tokens>('POST', '/v1/sessions', { json: { email, password } })).body;
const refresh = (refreshToken: string, send: Send = api.send) =>
  send<Tokens>('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } });
const end = (id: string, options: RequestOptions = { token: user.token }, send: Send = api.send) =>
  send('DELETE', `/v1/sessions/${id}`, options);
const writes = async (token: string) =>
  (await api.send('POST', '/v1/todos', { token, json: { title: 'T' } })).status === 201;
const reasonOf = async (token: string) =>
  (
    await api
      .knex('sessions')
      .where({ id: sessionOf(token) })
      .first('revoked_reason')
  )?.revoked_reason;
const ended = (id: string) =>
  [...api.logLines(), ...other.logLines()].filter(
    (line) => line['event.action'] === 'session-ended' && line['labels.session_id'] === id,
  );

describe('the list of sessions', () => {
  test('has those that go on, the newest first, and says which one asks', async () => {
    const [second, third] = [await logIn(), await logIn()];
    await api.send('DELETE', '/v1/sessions/current', { token: second.access_token });
    const { status, body, headers } = await list();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      items: [third.access_token, user.token].map((token) => ({
        id: sessionOf(token),
        created_at: expect.any(String),
        last_used_at: expect.any(String),
        expires_at: expect.any(String),
        current: token === user.token,
      })),
    });
  });

  test('says when a session was used last, and when it ends if it is not used again', async () => {
    const [before] = (await list()).body.items;
    expect(before?.last_used_at).toBe(before?.created_at);
    const { access_token: token } = (await refresh(user.refreshToken)).body;
    const [after] = (await list(token)).body.items;
    expect(after).toMatchObject({ id: before?.id, created_at: before?.created_at, current: true });
    expect(Date.parse(after?.last_used_at ?? '')).toBeGreaterThan(Date.parse(before?.last_used_at ?? ''));
    expect(Date.parse(after?.expires_at ?? '') - Date.parse(after?.last_used_at ?? '')).toBeCloseTo(
      api.config.REFRESH_TOKEN_DAYS * 86_400_000,
      -1,
    );
  });

  test.each([
    [
      'expired',
      'update sessions set expires_at = now() where id = ?; update refresh_tokens set expires_at = now() where session_id = ?',
    ],
    [
      'lies idle for too long',
      'update sessions set expires_at = expires_at where id = ?; update refresh_tokens set expires_at = now() where session_id = ?',
    ],
  ])('lacks one that has %s, and nobody can end that', async (_name, backDate) => {
    const { access_token: token } = await logIn();
    const id = sessionOf(token);
    for (const sql of backDate.split(';')) await api.knex.raw(sql, [id]);
    expect((await list()).body.items.map((session) => session.id)).toEqual([sessionOf(user.token)]);
    expect((await end(id)).status).toBe(404);
  });

  test('nobody sees the sessions of another user', async () => {
    const stranger = await api.newUser();
    expect((await list(stranger.token)).body.items.map(({ id }) => id)).toEqual([sessionOf(stranger.token)]);
  });
});

describe('ending a session', () => {
  test('from another one ends its tokens, which is logged', async () => {
    const tokens = await logIn();
    const id = sessionOf(tokens.access_token);
    expect((await end(id)).status).toBe(204);
    expect(await writes(tokens.access_token)).toBe(false);
    expect((await refresh(tokens.refresh_token)).status).toBe(401);
    expect(await reasonOf(tokens.access_token)).toBe('ended');
    expect(await writes(user.token)).toBe(true);
    expect(ended(id)).toEqual([
      expect.objectContaining({
        'user.id': user.id,
        'event.category': ['session'],
        'event.outcome': 'success',
        'event.reason': 'its user ended it',
      }),
    ]);
  });

  test('by its own token is a log-out', async () => {
    expect((await end(sessionOf(user.token))).status).toBe(204);
    expect((await refresh(user.refreshToken)).status).toBe(401);
  });

  test('of somebody else answers as one of nobody, and changes nothing', async () => {
    const stranger = await api.newUser();
    const [theirs, nobodys] = [await end(sessionOf(stranger.token)), await end(randomUUID())];
    const { instance: _a, request_id: _b, ...problem } = theirs.body;
    const { instance: _c, request_id: _d, ...same } = nobodys.body;
    expect(problem).toEqual(same);
    expect(problem).toMatchObject({ status: 404, type: '/problems/not-found' });
    expect(await writes(stranger.token)).toBe(true);
  });

  test('by many at once ends it once', async () => {
    const id = sessionOf((await logIn()).access_token);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => end(id, { token: user.token }, (n % 2 ? api : other).send)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(9).fill(404)]);
    expect(ended(id)).toHaveLength(1);
  });

  test('while it is refreshed leaves no token that works', async () => {
    const tokens = await logIn();
    const [refreshed] = await Promise.all([
      refresh(tokens.refresh_token, other.send),
      end(sessionOf(tokens.access_token)),
    ]);
    if (refreshed.status === 200) expect((await refresh(refreshed.body.refresh_token)).status).toBe(401);
    expect(await writes(tokens.access_token)).toBe(false);
  });

  test('from one that has ended itself is refused', async () => {
    const tokens = await logIn();
    await api.send('DELETE', '/v1/sessions/current', { token: user.token });
    for (const which of [sessionOf(tokens.access_token), 'others'])
      expect((await end(which)).body).toMatchObject({ status: 401, type: '/problems/unauthenticated' });
    expect(await writes(tokens.access_token)).toBe(true);
  });

  test('of all others leaves the one that asks, and other users, alone', async () => {
    const stranger = await api.newUser();
    const others = [await logIn(), await logIn()];
    expect((await end('others')).status).toBe(204);
    expect(await Promise.all(others.map(({ access_token: token }) => writes(token)))).toEqual([false, false]);
    expect([await writes(user.token), await writes(stranger.token)]).toEqual([true, true]);
    for (const { access_token: token } of others) expect(ended(sessionOf(token))).toHaveLength(1);
    expect((await end('others')).status).toBe(204);
  });

  test('of all others by several of them at once deadlocks nobody, and leaves at least one', async () => {
    for (let round = 0; round < 5; round += 1) {
      const owner = await api.newUser();
      const tokens = [owner.token];
      for (let n = 1; n < max; n += 1) tokens.push((await logIn(api.send, owner)).access_token);
      const answers = await Promise.all(
        tokens.map((token, n) => end('others', { token }, (n % 2 ? api : other).send)),
      );
      expect(
        answers.map(({ status }) => status).filter((status) => status !== 204 && status !== 401),
      ).toEqual([]);
      const { rows } = await api.knex.raw(
        'select count(*)::int as open from sessions where user_id = ? and revoked_at is null',
        [owner.id],
      );
      expect(rows[0].open).toBeLessThanOrEqual(1);
    }
  });
});

describe('a log-in over the most sessions of a user', () => {
  const open = () =>
    api.knex('sessions').where({ user_id: user.id, revoked_at: null }).orderBy('id').pluck('id');

  test('ends the one that was begun longest ago, and logs it', async () => {
    const tokens = [user.token];
    for (let n = 1; n < max; n += 1) tokens.push((await logIn()).access_token);
    expect(await open()).toHaveLength(max);
    const newest = (await logIn()).access_token;
    expect(await open()).toEqual([...tokens.slice(1), newest].map(sessionOf));
    expect(await writes(user.token)).toBe(false);
    expect(await reasonOf(user.token)).toBe('too_many');
    expect(ended(sessionOf(user.token))).toEqual([
      expect.objectContaining({
        'user.id': user.id,
        'event.reason': 'its user began more than they may have',
      }),
    ]);
  });

  test('does not count those that are over', async () => {
    for (let n = 0; n < 2 * max; n += 1)
      await api.send('DELETE', '/v1/sessions/current', { token: (await logIn()).access_token });
    expect(await writes(user.token)).toBe(true);
  });

  test('of many at once at two instances leaves the newest, each of the others ended by one event', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => logIn((n % 2 ? api : other).send)),
    );
    const all = [user.token, ...answers.map(({ access_token: token }) => token)].map(sessionOf).sort();
    expect(await open()).toEqual(all.slice(-max));
    for (const id of all.slice(0, -max)) expect(ended(id)).toHaveLength(1);
    expect(all.slice(-max).flatMap(ended)).toEqual([]);
  });
});
