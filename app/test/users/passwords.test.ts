import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type Argon2, createPasswords } from '../../src/users/passwords.ts';
import { type Answer, startApi, type TestApi, type TestUser } from '../support/api.ts';

/** argon2 that writes down what it is asked for. */
function countedArgon2() {
  const verified: string[] = [];
  let hashed = 0;
  const argon2: Argon2 = {
    hash(password, options) {
      hashed += 1;
      return hash(password, options);
    },
    verify(passwordHash, password) {
      verified.push(passwordHash);
      return verify(passwordHash, password);
    },
  };
  return {
    argon2,
    verified,
    hashed: () => hashed,
    reset() {
      verified.length = 0;
      hashed = 0;
    },
  };
}

describe('a log-in', () => {
  const counted = countedArgon2();
  let api: TestApi;
  let user: TestUser;
  const logIn = (email: string, password: string) =>
    api.send('POST', '/v1/sessions', { json: { email, password } });
  const stored = async () => {
    const { password_hash, updated_at } = await api.knex('users').where({ id: user.id }).first();
    return { password_hash, updated_at };
  };

  beforeAll(async () => {
    api = await startApi({ ARGON2_MEMORY_KIB: '64', ARGON2_ITERATIONS: '3' }, undefined, {
      passwords: (config, metrics) => createPasswords(config, metrics, counted.argon2),
    });
  });
  afterAll(() => api.stop());
  beforeEach(async () => {
    user = await api.newUser();
    counted.reset();
  });

  test.each([
    ['of an unknown user', () => 'nobody@example.com'],
    ['with a wrong password', () => user.email],
  ])('%s costs one verification of the configured parameters, and nothing else', async (_name, email) => {
    expect((await logIn(email(), 'not the password')).status).toBe(401);
    // Of nobody or of the user, the hash is one like any that is made now.
    const made = await hash('any', { memoryCost: 64, timeCost: 3, parallelism: 1 });
    expect(counted.verified.map((passwordHash) => parseOptions(passwordHash))).toEqual([parseOptions(made)]);
    expect(counted.hashed()).toBe(0);
  });

  test('that succeeds costs one verification too', async () => {
    expect((await logIn(user.email, user.password)).status).toBe(201);
    expect(counted.verified).toHaveLength(1);
    expect(counted.hashed()).toBe(0);
  });

  test('never succeeds for an unknown user, whatever the password', async () => {
    const answers = await Promise.all(
      ['', 'x', user.password].map((password) => logIn('nobody@example.com', password)),
    );
    expect(answers.map(({ status }) => status)).toEqual([422, 401, 401]);
  });

  describe('on a hash with other parameters than the configured ones', () => {
    const old = { memoryCost: 32, timeCost: 2, parallelism: 2 };
    beforeEach(async () => {
      const passwordHash = await hash(user.password, old);
      await api.knex('users').where({ id: user.id }).update({ password_hash: passwordHash });
    });

    test('succeeds by the parameters of the hash, and renews it with the configured ones', async () => {
      const before = await stored();
      expect((await logIn(user.email, user.password)).status).toBe(201);
      expect(counted.verified).toEqual([before.password_hash]);
      expect(counted.hashed()).toBe(1);
      const after = await stored();
      expect(after).toEqual({
        password_hash: expect.stringMatching(/^\$argon2id\$v=19\$m=64,t=3,p=1\$/),
        updated_at: before.updated_at,
      });
      expect((await logIn(user.email, user.password)).status).toBe(201);
      expect(await stored()).toEqual(after);
    });

    test('leaves it as it is when the password is wrong', async () => {
      const before = await stored();
      expect((await logIn(user.email, 'not the password')).status).toBe(401);
      expect(counted.hashed()).toBe(0);
      expect(await stored()).toEqual(before);
    });
  });
});

describe('a rush of log-ins', () => {
  /** Verifications that have begun and wait for the test. */
  const held: (() => void)[] = [];
  let api: TestApi;
  let user: TestUser;
  beforeAll(async () => {
    const settings = { ARGON2_CONCURRENCY: '2', ARGON2_QUEUE: '3', TRUSTED_PROXIES: '127.0.0.1' };
    api = await startApi(settings, undefined, {
      passwords: (config, metrics) =>
        createPasswords(config, metrics, {
          hash,
          async verify(passwordHash, password) {
            if (password === 'held') await new Promise<void>((resolve) => held.push(resolve));
            return verify(passwordHash, password);
          },
        }),
    });
    user = await api.newUser();
  });
  afterAll(() => api.stop());

  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
  const heldLogIn = (address: string) =>
    api.send('POST', '/v1/sessions', {
      json: { email: 'nobody@example.com', password: 'held' },
      ...from(address),
    });
  const letGo = () => {
    for (const each of held.splice(0)) each();
  };

  test('of one address gets 429 beyond its share, and others log in meanwhile', async () => {
    const answers: Answer[] = [];
    const flood = Promise.all(
      // Two neighbours in one network of IPv6 are one client.
      Array.from({ length: 60 }, async (_, n) =>
        answers.push(await heldLogIn(n % 2 ? '2001:db8::1' : '[2001:db8::2]:443')),
      ),
    );
    await eventually(() => answers.length === 55);
    const { email, password } = user;
    const honest = api.send('POST', '/v1/sessions', { json: { email, password }, ...from('203.0.113.7') });
    // It took the place of one of the flood.
    await eventually(() => answers.length === 56);
    for (const { status, headers, body } of answers) {
      expect(status).toBe(429);
      expect(headers.get('retry-after')).toBe('1');
      expect(body).toMatchObject({
        type: '/problems/too-many-requests',
        detail: expect.stringContaining('in progress from this address'),
      });
    }
    const counted = await api.samples();
    await eventually(() => {
      letGo();
      return answers.length === 60;
    });
    expect((await honest).status).toBe(201);
    await flood;
    expect(answers.slice(56).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    const samples = await api.samples();
    expect(samples.get('rate_limit_rejections_total{limiter="password_queue"}')).toBe(56);
    expect(samples.get('auth_attempts_total{method="password",outcome="refused"}')).toBe(56);
    expect(samples.get('password_queue_rejections_total')).toBe(0);
    expect(counted.get('password_queue_length')).toBe(3);
  });

  test('of many addresses is worked on as configured and refused beyond the queue, while everything else is answered', async () => {
    const answers: Answer[] = [];
    const rush = Promise.all(
      Array.from({ length: 12 }, async (_, n) => answers.push(await heldLogIn(`198.51.100.${n}`))),
    );
    // Two are held and three wait for them, so the others find no place.
    await eventually(() => answers.length === 7);
    const samples = await api.samples();
    expect(samples.get('password_queue_length')).toBe(3);
    expect(samples.get('password_queue_rejections_total')).toBe(7);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.body).toMatchObject({
        type: '/problems/service-unavailable',
        detail: 'Too many log-ins are in progress. Try again in a second.',
      });
    }
    const json = { email: 'late@example.com', password: 'long enough for all', name: 'Late' };
    expect((await api.send('POST', '/v1/users', { json })).status).toBe(503);
    expect(await api.knex('users').where({ email: json.email }).first()).toBeUndefined();
    expect((await api.send('GET', '/v1/todos', { token: user.token })).status).toBe(200);
    expect((await refreshTokens()).status).toBe(200);

    for (const expected of [2, 2, 1]) {
      await eventually(() => held.length === expected);
      letGo();
    }
    await rush;
    expect(answers.slice(7).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect((await api.send('POST', '/v1/users', { json })).status).toBe(201);
  });

  const refreshTokens = () =>
    api.send('POST', '/v1/sessions/refresh', { json: { refresh_token: user.refreshToken } });
});
