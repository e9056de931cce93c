import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startRedis, type TestRedis, testWithRedis } from '@sightline/testkit/redis.ts';
import { readConfig } from '../../src/config.ts';
import { Problem } from '../../src/http/problem.ts';
import { createCounter, maxKeys } from '../../src/redis/counter.ts';
import { maxNetworks } from '../../src/sessions/known-networks.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { type Answer, startApi, type TestApi, type TestUser, type Tokens } from '../support/api.ts';

let apis: TestApi[] = [];
let redis: TestRedis | undefined;
afterEach(async () => {
  await Promise.all(apis.map((api) => api.stop()));
  await redis?.stop();
  apis = [];
  redis = undefined;
});

/** An instance behind a proxy, so that a test can send from every address there is. */
async function start(
  settings: Record<string, string> = {},
  parts: Parameters<typeof startApi>[2] = {},
): Promise<TestApi> {
  const behindProxy = { TRUSTED_PROXIES: '127.0.0.1', ARGON2_QUEUE: '1000', ...settings };
  const api = await startApi(behindProxy, undefined, parts);
  // Stopped the last one first: others may share its database.
  apis = [api, ...apis];
  return api;
}

const wrong = 'not the password';
const logIn = (api: TestApi, email: string, password: string, from: string): Promise<Answer<Tokens>> =>
  api.send('POST', '/v1/sessions', { json: { email, password }, headers: { 'X-Forwarded-For': from } });
const address = (n: number) => `198.51.${100 + Math.floor(n / 256)}.${n % 256}`;
/** Wrong passwords for one account, each from an address of its own, all at once. */
const guesses = async (api: TestApi, email: string, count: number) =>
  (await Promise.all(Array.from({ length: count }, (_, n) => logIn(api, email, wrong, address(n))))).map(
    ({ status }) => status,
  );
const times = (count: number, status: number) => Array<number>(count).fill(status);
const home = '203.0.113.7';

describe('guesses at the password of one account', () => {
  test('from many addresses at once are compared as often as the limit says, and no more', async () => {
    const verified: string[] = [];
    const passwords: typeof createPasswords = (config, metrics) => {
      const real = createPasswords(config, metrics);
      return {
        ...real,
        verify(hash, password, network) {
          verified.push(password);
          return real.verify(hash, password, network);
        },
      };
    };
    const api = await start({}, { passwords });
    const { email } = await api.newUser();
    verified.length = 0;
    const statuses = await guesses(api, email, 120);
    expect(statuses.toSorted()).toEqual([...times(50, 401), ...times(70, 429)]);
    expect(verified).toHaveLength(50);
    // Also one after the other, from elsewhere, whatever the password is.
    expect((await logIn(api, email, wrong, '192.0.2.1')).status).toBe(429);
    expect(verified).toHaveLength(50);
  });

  test('are told from others: neither another account nor its owner’s network is kept out', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '5' });
    const [ada, bob] = [await api.newUser(), await api.newUser()];
    expect((await logIn(api, ada.email, ada.password, home)).status).toBe(201);
    expect((await guesses(api, ada.email, 8)).toSorted()).toEqual([...times(5, 401), ...times(3, 429)]);

    const elsewhere = await logIn(api, ada.email, ada.password, '192.0.2.99');
    expect(elsewhere.status).toBe(429);
    const seconds = Number(elsewhere.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);
    expect(elsewhere.body).toMatchObject({
      type: '/problems/too-many-requests',
      detail: expect.stringContaining(`Try again in ${seconds} seconds, or from where you logged in before`),
    });

    for (let round = 0; round < 3; round += 1) {
      expect((await logIn(api, ada.email, ada.password, home)).status).toBe(201);
      // Her successes give the guessers no further guess.
      expect(await guesses(api, ada.email, 2)).toEqual([429, 429]);
    }
    expect((await logIn(api, ada.email.toUpperCase(), wrong, '192.0.2.98')).status).toBe(429);
    expect((await logIn(api, bob.email, bob.password, '192.0.2.99')).status).toBe(201);
    const refreshed = await api.send('POST', '/v1/sessions/refresh', {
      json: { refresh_token: ada.refreshToken },
    });
    expect(refreshed.status).toBe(200);
  });

  test('are let through again when the window is over', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '3', RATE_LIMIT_ACCOUNT_WINDOW_SECONDS: '2' });
    const { email, password } = await api.newUser();
    await guesses(api, email, 5);
    await eventually(async () => (await logIn(api, email, password, '192.0.2.99')).status === 201);
  });

  test('from one network have a limit of their own, known or not, of 64 bits in IPv6', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT_NETWORK: '3' });
    const { email, password } = await api.newUser();
    await logIn(api, email, password, home);
    const statuses = async (addresses: readonly string[]) => {
      const found: number[] = [];
      for (const from of addresses) found.push((await logIn(api, email, wrong, from)).status);
      return found;
    };
    expect(await statuses([home, home, home, home])).toEqual([401, 401, 401, 429]);
    const neighbours = [
      '2001:db8::1',
      '2001:db8::2',
      '[2001:DB8:0:0:9::]:80',
      '2001:db8::4',
      '2001:db8:0:1::1',
    ];
    expect(await statuses(neighbours)).toEqual([401, 401, 401, 429, 401]);
    // From there the owner has to wait as well; elsewhere she has not.
    expect((await logIn(api, email, password, home)).status).toBe(429);
    expect((await logIn(api, email, password, '192.0.2.1')).status).toBe(201);
  });

  test('are forgotten by a right one from the same network, and by no other', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '4', RATE_LIMIT_ACCOUNT_NETWORK: '3' });
    const { email, password } = await api.newUser();
    const say = async (text: string, from: string) => (await logIn(api, email, text, from)).status;
    await logIn(api, email, password, home);
    const elsewhere = '192.0.2.1';
    expect([await say(wrong, elsewhere), await say(wrong, elsewhere)]).toEqual([401, 401]);
    for (let round = 0; round < 2; round += 1)
      for (const [text, status] of [
        [wrong, 401],
        [wrong, 401],
        [password, 201],
      ] as const)
        expect(await say(text, home)).toBe(status);
    // Two of the four were there, and none of those is forgotten. A right password costs none.
    expect([await say(wrong, elsewhere), await say(wrong, elsewhere)]).toEqual([401, 429]);
    expect(await say(wrong, address(1))).toBe(401);
    expect(await say(wrong, address(2))).toBe(429);
  });

  test('that could not be compared don’t count', async () => {
    let broken = true;
    const passwords: typeof createPasswords = (config, metrics) => {
      const real = createPasswords(config, metrics);
      return {
        ...real,
        verify(hash, password, network) {
          if (broken) throw new Problem('service-unavailable', 'Busy.', { headers: { 'Retry-After': '1' } });
          return real.verify(hash, password, network);
        },
      };
    };
    const api = await start({ RATE_LIMIT_ACCOUNT: '3', RATE_LIMIT_ACCOUNT_NETWORK: '3' }, { passwords });
    const email = 'anybody@example.com';
    for (let n = 0; n < 10; n += 1) expect((await logIn(api, email, wrong, home)).status).toBe(503);
    broken = false;
    expect(await guesses(api, email, 3)).toEqual([401, 401, 401]);
  });

  test('are answered the same whether the account exists or not', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '4', RATE_LIMIT_ACCOUNT_NETWORK: '3' });
    const { email } = await api.newUser();
    const asked = async (account: string) => {
      const answers: unknown[] = [];
      for (const from of [home, home, home, home, '192.0.2.1', '192.0.2.1', '192.0.2.2']) {
        const { status, headers, body } = await logIn(api, account, wrong, from);
        const { request_id: _id, ...problem } = body as unknown as Record<string, unknown>;
        const seconds = Number(headers.get('retry-after'));
        expect(seconds === 0 || seconds > 3500).toBe(true);
        const same = JSON.stringify(problem).replace(/in \d+ seconds/, 'in a while');
        const limits = headers.get('ratelimit')?.replaceAll(/r=\d+;t=\d+/g, '');
        answers.push({ status, same, names: [...headers.keys()], limits });
      }
      return answers;
    };
    const known = await asked(email);
    expect(known).toEqual(await asked('nobody@example.com'));
    expect(known.map((each) => (each as { status: number }).status)).toEqual([
      ...[401, 401, 401, 429],
      ...[401, 429, 429],
    ]);
  });

  test('with a stolen access token are limited too, and leave the owner’s log-ins alone', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '2', RATE_LIMIT_ACCOUNT_NETWORK: '4' });
    const { email, password, token } = await api.newUser();
    const erase = (text: string, n: number) =>
      api.send('DELETE', '/v1/users/me', {
        token,
        json: { password: text },
        headers: { 'X-Forwarded-For': address(n) },
      });
    const statuses = (await Promise.all(Array.from({ length: 7 }, (_, n) => erase(wrong, n)))).map(
      ({ status }) => status,
    );
    expect(statuses.toSorted()).toEqual([...times(4, 401), ...times(3, 429)]);
    expect((await erase(password, 99)).status).toBe(429);
    expect((await logIn(api, email, password, home)).status).toBe(201);
  });

  test('under way against an account keep nobody who holds its token from erasing it', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '2' });
    const { email, password, token } = await api.newUser();
    await guesses(api, email, 5);
    expect((await api.send('DELETE', '/v1/users/me', { token, json: { password } })).status).toBe(204);
  });

  test('are in the audit trail and in the metrics, without an e-mail address', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '2', RATE_LIMIT_ACCOUNT_NETWORK: '2' });
    const { id, email } = await api.newUser();
    await guesses(api, email, 3);
    for (let n = 0; n < 3; n += 1) await logIn(api, 'nobody@example.com', wrong, home);
    const refused = () => api.logLines().filter((line) => line['event.action'] === 'password-refused');
    expect(refused()).toEqual([
      expect.objectContaining({
        'event.category': ['authentication'],
        'event.outcome': 'failure',
        'labels.limiter': 'account',
        'user.id': id,
      }),
      expect.objectContaining({ 'labels.limiter': 'account_network', 'client.ip': '203.0.113.0' }),
    ]);
    expect(refused()[1]).not.toHaveProperty('user.id');
    await eventually(() => api.logLines().some((line) => line['labels.limiter'] === 'account_network'));
    const samples = await api.samples();
    expect(samples.get('rate_limit_rejections_total{limiter="account"}')).toBe(1);
    expect(samples.get('rate_limit_rejections_total{limiter="account_network"}')).toBe(1);
    expect(samples.get('auth_attempts_total{method="password",outcome="refused"}')).toBe(2);
    expect(samples.get('auth_attempts_total{method="password",outcome="failure"}')).toBe(4);
    expect(samples.get('auth_attempts_total{method="password",outcome="error"}')).toBe(0);
    for (const text of [email, 'nobody@example.com']) expect(api.telemetry.logText()).not.toContain(text);
  });

  test('are not limited where the limits are 0', async () => {
    const api = await start({ RATE_LIMIT_ACCOUNT: '0', RATE_LIMIT_ACCOUNT_NETWORK: '0' });
    expect(new Set(await guesses(api, 'nobody@example.com', 80))).toEqual(new Set([401]));
  });

  test('stay limited by default where all else is not, and honest log-ins at once are none', async () => {
    const { RATE_LIMIT_ACCOUNT, RATE_LIMIT_ACCOUNT_NETWORK, ARGON2_QUEUE, ARGON2_CONCURRENCY } = readConfig({
      DATABASE_URL: 'postgres://a:b@127.0.0.1/c',
    });
    expect(RATE_LIMIT_ACCOUNT).toBeGreaterThan(0);
    expect(RATE_LIMIT_ACCOUNT_NETWORK).toBeGreaterThan(ARGON2_QUEUE + ARGON2_CONCURRENCY);
    const api = await start();
    const { email, password } = await api.newUser();
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(times(17, 0).map(() => logIn(api, email, password, home)));
      expect(answers.map(({ status }) => status)).toEqual(times(17, 201));
    }
    expect((await guesses(api, email, 50)).filter((status) => status === 429)).toEqual([]);
  });
});

describe('the networks that users have logged in from', () => {
  const networks = (api: TestApi, { id }: TestUser) => api.knex('known_networks').where({ user_id: id });

  test('are remembered once each, as hashes that two users don’t share', async () => {
    const api = await start();
    const [ada, bob] = [await api.newUser(), await api.newUser()];
    for (const user of [ada, ada, bob]) {
      await logIn(api, user.email, wrong, '192.0.2.50');
      for (const from of [home, `${home}:443`]) await logIn(api, user.email, user.password, from);
    }
    const rows = [...(await networks(api, ada)), ...(await networks(api, bob))];
    // Each has its home, and where `newUser` logged in.
    expect(rows).toHaveLength(4);
    const hashes = rows.map(({ network_hash }) => (network_hash as Buffer).toString('hex'));
    expect(new Set(hashes).size).toBe(4);
    expect(JSON.stringify(rows)).not.toContain(home);
  });

  test('are no more than so many of a user: the one used longest ago is forgotten', async () => {
    const api = await start();
    const user = await api.newUser();
    await networks(api, user).delete();
    await api.knex.raw(
      `insert into known_networks (user_id, network_hash, last_success_at)
       select ?, sha256(n::text::bytea), now() - n * interval '1 hour' from generate_series(1, ?) n`,
      [user.id, maxNetworks + 20],
    );
    for (const from of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      await logIn(api, user.email, user.password, from);
    expect(await networks(api, user)).toHaveLength(maxNetworks);
    const { rows } = await api.knex.raw(
      `select count(*)::int as old from known_networks where user_id = ? and last_success_at < now() - interval '48 hours'`,
      [user.id],
    );
    expect(rows).toEqual([{ old: 0 }]);
    await guesses(api, user.email, 60);
    for (const from of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      expect((await logIn(api, user.email, user.password, from)).status).toBe(201);
  });

  test('are used again without a write a log-in, and not forgotten while they are used', async () => {
    const api = await start();
    const user = await api.newUser();
    const used = async () => (await networks(api, user).first('last_success_at')).last_success_at;
    const first = await used();
    await api.send('POST', '/v1/sessions', { json: { email: user.email, password: user.password } });
    expect(await used()).toEqual(first);
    await networks(api, user).update({ last_success_at: api.knex.raw("now() - interval '80 days'") });
    await api.send('POST', '/v1/sessions', { json: { email: user.email, password: user.password } });
    expect((await used()) >= first).toBe(true);
  });

  test('are erased with their user', async () => {
    const api = await start();
    const [user, neighbour] = [await api.newUser(), await api.newUser()];
    for (const each of [user, neighbour]) await logIn(api, each.email, each.password, home);
    const { token, password } = user;
    expect((await api.send('DELETE', '/v1/users/me', { token, json: { password } })).status).toBe(204);
    expect(await api.knex('known_networks').pluck('user_id')).toEqual([neighbour.id, neighbour.id]);
  });

  test('are known when several log-ins from a new one come at once, whose user may be erased meanwhile', async () => {
    const api = await start();
    for (let round = 0; round < 5; round += 1) {
      const { email, password, token } = await api.newUser();
      const answers = await Promise.all([
        ...Array.from({ length: 8 }, (_, n) => logIn(api, email, password, address(n % 3))),
        api.send('DELETE', '/v1/users/me', { token, json: { password } }),
      ]);
      expect(answers.filter(({ status }) => ![201, 204, 401].includes(status))).toEqual([]);
    }
    expect(await api.knex('known_networks')).toEqual([]);
  });
});

describe('wrong passwords counted in Redis', () => {
  testWithRedis('are one count for two instances, whose keys name nobody', async () => {
    redis = await startRedis();
    const settings = { REDIS_URL: redis.url, RATE_LIMIT_ACCOUNT: '6' };
    const first = await start(settings);
    const second = await start(settings, { beside: first });
    for (const api of [first, second])
      await eventually(() => api.logLines().some((line) => line['event.action'] === 'redis-up'));
    const { email, password } = await first.newUser();
    await logIn(second, email, password, home);
    const statuses = (await Promise.all([guesses(first, email, 5), guesses(second, email, 5)])).flat();
    expect(statuses.toSorted()).toEqual([...times(6, 401), ...times(4, 429)]);
    expect((await logIn(second, email, password, home)).status).toBe(201);
    expect((await logIn(second, email, password, '192.0.2.1')).status).toBe(429);
    const client = await createClient({ url: redis.url }).connect();
    const keys = await client.keys('*');
    client.destroy();
    expect(keys.filter((key) => key.startsWith('sightline:rate-limit:account')).length).toBeGreaterThan(6);
    for (const key of keys.filter((each) => each.includes(':account')))
      expect(key).toMatch(/^sightline:rate-limit:account(_network)?:[\w-]{43}$/);
  });

  testWithRedis('go on in memory while Redis is away', async () => {
    redis = await startRedis();
    const api = await start({ REDIS_URL: redis.url, RATE_LIMIT_ACCOUNT: '6' });
    await eventually(() => api.logLines().some((line) => line['event.action'] === 'redis-up'));
    const { email, password } = await api.newUser();
    await logIn(api, email, password, home);
    await redis.kill();
    await logIn(api, email, wrong, home);
    expect((await guesses(api, email, 10)).toSorted()).toEqual([...times(6, 401), ...times(4, 429)]);
    expect((await logIn(api, email, password, home)).status).toBe(201);
  });
});

describe('what is counted in memory', () => {
  test('takes no more of it than so many keys may, whoever invents e-mail addresses', async () => {
    const counter = createCounter({ name: 'test', points: 3, seconds: 3600 }, undefined);
    const invent = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1) await counter.consume(`invented-${n}@example.com`);
    };
    await invent(0, 200_000);
    let held = 0;
    for (let n = 0; n < 200_000; n += 1) if (await counter.get(`invented-${n}@example.com`)) held += 1;
    expect(held).toBe(maxKeys);
    expect(await counter.get('invented-199999@example.com')).toMatchObject({ consumedPoints: 1 });
  });

  test('keeps who is counted again, and gives a place back with the last point', async () => {
    const counter = createCounter({ name: 'test', points: 3, seconds: 3600 }, undefined);
    const invent = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1) await counter.consume(`invented-${n}`);
    };
    await counter.consume('guessed at');
    for (let round = 0; round < 2; round += 1) {
      await invent(round * 40_000, (round + 1) * 40_000);
      await counter.consume('guessed at');
    }
    await expect(counter.consume('guessed at')).rejects.toMatchObject({ consumedPoints: 4 });
    // As many come and go as there are places: none of those that stay is forgotten for them.
    for (let n = 0; n < maxKeys; n += 1) {
      await counter.consume(`passing-${n}`);
      await counter.reward(`passing-${n}`);
    }
    expect(await counter.get('passing-1')).toBeNull();
    expect(await counter.get('guessed at')).toMatchObject({ consumedPoints: 4 });
  });
});
