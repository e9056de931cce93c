import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { hashRefreshToken } from '../../src/sessions/refresh-tokens.ts';
import {
  type Answer,
  type Send,
  startApi,
  type TestApi,
  type TestUser,
  type Tokens,
} from '../support/api.ts';

/** Two instances of the service on one database. */
let api: TestApi;
let other: TestApi;
let user: TestUser;
beforeAll(async () => {
  api = await startApi();
  other = await startApi({}, undefined, { beside: api });
});
afterAll(async () => {
  await other.stop();
  await api.stop();
});
beforeEach(async () => {
  user = await api.newUser();
});

const refresh = (refreshToken: unknown, send: Send = api.send) =>
  send<Tokens>('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } });
const logIn = ({ email, password }: TestUser) =>
  api.send<Tokens>('POST', '/v1/sessions', { json: { email, password } });
const sessionOf = (accessToken: string) => String(decodeJwt(accessToken)['sid']);
const written = () =>
  api.knex('sessions').join('refresh_tokens', 'session_id', 'sessions.id').where({ user_id: user.id });
const session = () => api.knex('sessions').where({ user_id: user.id }).first();

/** The one answer to every refresh token that is not good. */
function expectRefused(answer: Answer<unknown>): void {
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sightline", error="invalid_token"');
  expect(answer.body).toEqual({
    type: '/problems/invalid-refresh-token',
    title: 'The refresh token is not valid',
    status: 401,
    detail: 'The refresh token is not valid, or not any more. Log in again.',
    instance: '/v1/sessions/refresh',
    request_id: expect.any(String),
  });
}

describe('a refresh token', () => {
  test('is exchanged for new tokens of the same session and user', async () => {
    const answer = await refresh(user.refreshToken);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    const { access_token: token, refresh_token: next } = answer.body;
    expect(next).not.toBe(user.refreshToken);
    expect(sessionOf(token)).toBe(sessionOf(user.token));
    expect((await api.send('GET', '/v1/users/me', { token })).body).toMatchObject({ id: user.id });
  });

  test('goes on and on, each time another one, in turn at two instances of the service', async () => {
    let { refreshToken } = user;
    const seen = new Set([refreshToken]);
    for (const { send } of [api, other, other, api, other]) {
      ({ refresh_token: refreshToken } = (await refresh(refreshToken, send)).body);
      seen.add(refreshToken);
    }
    expect(seen.size).toBe(6);
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  test('is stored as its hash only', async () => {
    const rows = await api.knex('refresh_tokens').where({ session_id: sessionOf(user.token) });
    expect(rows.map(({ token_hash }) => token_hash)).toEqual([hashRefreshToken(user.refreshToken)]);
  });

  test('appears in no log line, good or bad', async () => {
    const { body } = await refresh(user.refreshToken);
    await refresh(user.refreshToken);
    const log = JSON.stringify(api.logLines());
    for (const secret of [user.refreshToken, body.refresh_token, body.access_token])
      expect(log).not.toContain(secret);
  });

  test('is good for at most the configured days, and no longer than its session', async () => {
    const days = async () => {
      const { rows } = await api.knex.raw(
        `select round(extract(epoch from r.expires_at - now()) / 86400)::int as token,
           round(extract(epoch from s.expires_at - now()) / 86400)::int as session
         from refresh_tokens r join sessions s on s.id = session_id where user_id = ? and used_at is null`,
        [user.id],
      );
      return rows;
    };
    expect(await days()).toEqual([{ token: 7, session: 30 }]);
    await api.knex.raw("update sessions set expires_at = now() + interval '2 days' where user_id = ?", [
      user.id,
    ]);
    await refresh(user.refreshToken);
    expect(await days()).toEqual([{ token: 2, session: 2 }]);
  });
});

describe('a refresh token that is', () => {
  test.each([
    ['unknown', () => randomBytes(32).toString('base64url')],
    ['no token at all', () => 'abc'],
    ['SQL', () => "' or 1=1 --"],
    ['one with a space behind it', () => `${user.refreshToken} `],
    ['one in upper case', () => user.refreshToken.toUpperCase()],
    ['the stored hash of one', () => hashRefreshToken(user.refreshToken).toString('base64url')],
    ['an access token', () => user.token.slice(0, 512)],
  ])('%s is refused, and leaves the session alone', async (_name, token) => {
    expectRefused(await refresh(token()));
    expect((await refresh(user.refreshToken)).status).toBe(200);
  });

  test.each([
    ['expired', 'update refresh_tokens set expires_at = now() where session_id = ?'],
    ['of an expired session', 'update sessions set expires_at = now() where id = ?'],
  ])('%s is refused, and nothing is written', async (_name, backDate) => {
    await api.knex.raw(backDate, [sessionOf(user.token)]);
    const before = await written();
    expectRefused(await refresh(user.refreshToken));
    expect(await written()).toEqual(before);
  });

  test('of a user who is gone is refused', async () => {
    await api.knex('users').where({ id: user.id }).delete();
    expectRefused(await refresh(user.refreshToken));
  });

  test.each([
    ['an empty text', ''],
    ['a number', 1],
    ['null', null],
    ['a list', [['a', 'b']]],
    ['longer than any token', 'x'.repeat(513)],
  ])('%s does not fit the schema', async (_name, token) => {
    const answer = await refresh(token);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      type: '/problems/validation-failed',
      errors: [{ pointer: '#/refresh_token' }],
    });
  });
});

describe('a refresh token used again', () => {
  const expectRevoked = async (reason: string) =>
    expect(await session()).toMatchObject({ revoked_at: expect.any(String), revoked_reason: reason });

  test('ends the session for both of its holders, and is logged without the token', async () => {
    const { body } = await refresh(user.refreshToken);
    expectRefused(await refresh(user.refreshToken));
    await expectRevoked('replayed');
    expectRefused(await refresh(body.refresh_token));
    expect(api.logLines()).toContainEqual(
      expect.objectContaining({
        'log.level': 'warn',
        'event.action': 'refresh-token-replayed',
        'event.category': ['session'],
        'user.id': user.id,
        'labels.session_id': sessionOf(user.token),
      }),
    );
  });

  test('ends it at the other instance as well', async () => {
    const { body } = await refresh(user.refreshToken);
    expectRefused(await refresh(user.refreshToken, other.send));
    expectRefused(await refresh(body.refresh_token));
  });

  test('ends it however old the token is', async () => {
    const { body: second } = await refresh(user.refreshToken);
    const { body: third } = await refresh(second.refresh_token);
    await api.knex.raw(
      'update refresh_tokens set expires_at = now() where used_at is not null and session_id = ?',
      [sessionOf(user.token)],
    );
    expectRefused(await refresh(user.refreshToken));
    expectRefused(await refresh(third.refresh_token));
  });

  test.each(Array.from({ length: 10 }, (_, round) => [round]))(
    'at the very same time, by ten at two instances, gives new tokens to one and then ends the session (round %i)',
    async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => refresh(user.refreshToken, (n % 2 ? api : other).send)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(401)]);
      for (const answer of answers) {
        if (answer.status === 200) expectRefused(await refresh(answer.body.refresh_token));
        else expectRefused(answer);
      }
      await expectRevoked('replayed');
      expect(await api.knex('refresh_tokens').where({ session_id: sessionOf(user.token) })).toHaveLength(2);
    },
  );

  test('leaves other sessions of the user, and other users, alone', async () => {
    const { body: elsewhere } = await logIn(user);
    const stranger = await api.newUser();
    await refresh(user.refreshToken);
    expectRefused(await refresh(user.refreshToken));
    expect((await refresh(elsewhere.refresh_token)).status).toBe(200);
    expect((await refresh(stranger.refreshToken)).status).toBe(200);
  });

  test('does not cut short the minutes of the access token', async () => {
    await refresh(user.refreshToken);
    await refresh(user.refreshToken);
    expect((await api.send('GET', '/v1/todos', { token: user.token })).status).toBe(200);
  });
});

describe('log-out', () => {
  const logOut = (token: string) => api.send('DELETE', '/v1/sessions/current', { token });

  test('ends the session, and once more makes no difference', async () => {
    expect((await logOut(user.token)).status).toBe(204);
    const ended = await session();
    expect(ended).toMatchObject({ revoked_reason: 'logged_out' });
    expectRefused(await refresh(user.refreshToken));
    expect((await logOut(user.token)).status).toBe(204);
    expect(await session()).toEqual(ended);
  });

  test('works with any access token of the session, and ends its newest refresh token', async () => {
    const { body } = await refresh(user.refreshToken);
    expect((await logOut(user.token)).status).toBe(204);
    expectRefused(await refresh(body.refresh_token));
  });

  test('leaves other sessions of the user alone', async () => {
    const { body } = await logIn(user);
    await logOut(body.access_token);
    expectRefused(await refresh(body.refresh_token));
    expect((await refresh(user.refreshToken)).status).toBe(200);
  });

  test('of a user who is gone has nothing to do', async () => {
    await api.knex('users').where({ id: user.id }).delete();
    expect((await logOut(user.token)).status).toBe(204);
  });

  test('lets the access token live out its minutes', async () => {
    await logOut(user.token);
    expect((await api.send('GET', '/v1/todos', { token: user.token })).status).toBe(200);
  });

  test('while refreshing leaves no refresh token that works', async () => {
    const [refreshed] = await Promise.all([refresh(user.refreshToken, other.send), logOut(user.token)]);
    if (refreshed.status === 200) expectRefused(await refresh(refreshed.body.refresh_token));
    else expectRefused(refreshed);
  });

  test('needs an access token', async () => {
    expect((await api.send('DELETE', '/v1/sessions/current')).status).toBe(401);
  });
});
