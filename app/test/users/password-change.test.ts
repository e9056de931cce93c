/** A user changes their password, which ends every session but the one that asks. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { type Send, startApi, type TestApi, type TestUser, type Tokens } from '../support/api.ts';

let api: TestApi;
let other: TestApi;
let user: TestUser;
beforeAll(async () => {
  api = await startApi({ ARGON2_QUEUE: '100' });
  other = await startApi({ ARGON2_QUEUE: '100' }, undefined, { beside: api });
});
afterAll(async () => {
  await other.stop();
  await api.stop();
});
beforeEach(async () => {
  user = await api.newUser();
});

const newPassword = 'a staple for the next battery';
const change = (
  current: unknown = user.password,
  next: unknown = newPassword,
  { token = user.token, send = api.send }: { token?: string; send?: Send } = {},
) => send('PUT', '/v1/users/me/password', { token, json: { current_password: current, new_password: next } });
const logIn = (password: string, send: Send = api.send) =>
  send<Tokens>('POST', '/v1/sessions', { json: { email: user.email, password } });
const writes = async (token: string) =>
  (await api.send('POST', '/v1/todos', { token, json: { title: 'T' } })).status === 201;
const stored = () => api.knex('users').where({ id: user.id }).first();
const linesOf = (action: string) =>
  [...api.logLines(), ...other.logLines()].filter(
    (line) => line['event.action'] === action && line['user.id'] === user.id,
  );

test('the new password logs in and the old one does not', async () => {
  const answer = await change();
  expect(answer.status).toBe(204);
  expect(answer.text).toBe('');
  expect((await logIn(user.password)).status).toBe(401);
  expect((await logIn(newPassword)).status).toBe(201);
});

test('every other session ends, the one that asked goes on, and each is in the audit trail', async () => {
  const [stranger, elsewhere] = [await api.newUser(), (await logIn(user.password)).body];
  expect((await change()).status).toBe(204);
  expect(await writes(elsewhere.access_token)).toBe(false);
  expect(
    (await api.send('POST', '/v1/sessions/refresh', { json: { refresh_token: elsewhere.refresh_token } }))
      .status,
  ).toBe(401);
  expect([await writes(user.token), await writes(stranger.token)]).toEqual([true, true]);
  expect(linesOf('password-changed')).toHaveLength(1);
  expect(linesOf('session-ended')).toEqual([
    expect.objectContaining({ 'event.reason': 'its user changed the password' }),
  ]);
});

test('no log line has a password', async () => {
  await change('not the password it is', newPassword);
  await change();
  const log = JSON.stringify(api.logLines());
  for (const secret of [user.password, newPassword, 'not the password it is'])
    expect(log).not.toContain(secret);
});

describe('nothing changes', () => {
  test('when the current password is wrong, which is logged', async () => {
    const before = await stored();
    const answer = await change('not the password');
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ type: '/problems/invalid-credentials' });
    expect(await stored()).toEqual(before);
    expect(linesOf('password-not-confirmed')).toHaveLength(1);
  });

  test.each([
    ['#/new_password', () => change(user.password, 'short')],
    ['#/new_password', () => change(user.password, 'password1234')],
    ['#/new_password', () => change(user.password, user.email)],
    ['#/new_password', () => change(user.password, 'x'.repeat(129))],
    ['#/current_password', () => change('')],
    ['#/current_password', () => change(null)],
  ])('when %s does not fit its schema', async (pointer, ask) => {
    const before = await stored();
    const answer = await ask();
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
    expect(await stored()).toEqual(before);
  });

  test('when the session has ended, and the password is not looked at', async () => {
    await api.send('DELETE', '/v1/sessions/current', { token: user.token });
    const before = await stored();
    for (const current of [user.password, 'not the password']) {
      const answer = await change(current);
      expect(answer.body).toMatchObject({ status: 401, type: '/problems/unauthenticated' });
    }
    expect(await stored()).toEqual(before);
  });

  test('when wrong passwords were too many, whether it is right this time or not', async () => {
    await using limited = await startApi({ RATE_LIMIT_ACCOUNT_NETWORK: '3' });
    const { token, password } = await limited.newUser();
    const statuses: number[] = [];
    for (const current of ['wrong', 'wrong', 'wrong', password])
      statuses.push((await change(current, newPassword, { token, send: limited.send })).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
  });
});

describe('at the same time', () => {
  test('a session begun with the old password does not outlive the change', async () => {
    for (let round = 0; round < 10; round += 1) {
      user = await api.newUser();
      const [changed, ...begun] = await Promise.all([
        change(),
        ...Array.from({ length: 6 }, (_, n) => logIn(user.password, (n % 2 ? api : other).send)),
      ]);
      expect(changed.status).toBe(204);
      expect(begun.filter(({ status }) => status !== 201 && status !== 401)).toEqual([]);
      for (const { status, body } of begun)
        if (status === 201) expect(await writes(body.access_token)).toBe(false);
      expect(await writes(user.token)).toBe(true);
    }
  });

  test('a log-in that compared the old password before the change begins no session after it', async () => {
    const holder = await api.knex.transaction();
    await holder.raw('select from users where id = ? for no key update', [user.id]);
    const begun = logIn(user.password, other.send);
    await eventually(async () => {
      const { rows } = await api.knex.raw(
        "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows[0].count === 1;
    });
    const hash = await createPasswords(api.config, api.telemetry.metrics).hash(newPassword, 'test');
    await holder('users').where({ id: user.id }).update({ password_hash: hash });
    await holder.commit();
    expect((await begun).status).toBe(401);
  });

  test('two changes from two sessions: one is made, and it ends the other one’s session', async () => {
    const { access_token: second } = (await logIn(user.password)).body;
    const answers = await Promise.all([
      change(user.password, 'the password of the first', { token: user.token }),
      change(user.password, 'the password of the second', { token: second, send: other.send }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    expect([await writes(user.token), await writes(second)].sort()).toEqual([false, true]);
    expect(linesOf('password-changed')).toHaveLength(1);
  });
});
