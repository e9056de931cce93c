import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { getFrom } from '@sightline/testkit/source.ts';
import { rateLimits } from '../../src/http/rate-limit.ts';
import { startApi, type TestApi } from '../support/api.ts';

/** Members of a list of structured fields (RFC 9651) as this API writes them: a string with integer parameters. */
function members(field: string | null): Record<string, Record<string, number>> {
  expect(field).toMatch(/^"[a-z]+"(;[a-z]+=\d+)+(, "[a-z]+"(;[a-z]+=\d+)+)*$/);
  return Object.fromEntries(
    (field ?? '').split(', ').map((member) => {
      const [name = '', ...parameters] = member.split(';');
      return [
        name.slice(1, -1),
        Object.fromEntries(
          parameters.map((parameter) => parameter.split('=')).map(([key, value]) => [key, Number(value)]),
        ),
      ];
    }),
  );
}

test('each rate limit has a name and a setting of its own', () => {
  for (const key of ['name', 'setting'] as const)
    expect(new Set(rateLimits.map((limit) => limit[key])).size).toBe(rateLimits.length);
});

describe('the rate limits', () => {
  let api: TestApi;
  afterEach(() => api.stop());

  const get = (path: string, token?: string) => api.send('GET', path, { token });
  const logIn = () =>
    api.send('POST', '/v1/sessions', { json: { email: 'nobody@example.com', password: 'wrong' } });

  test('refuse with 429 what is over, say when to come back, and let pass again in the next window', async () => {
    api = await startApi({ RATE_LIMIT_IP: '3', RATE_LIMIT_WINDOW_SECONDS: '1' });
    const refused = async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => get('/v1/todos')));
      return answers.filter(({ status }) => status === 429);
    };
    const answers = await refused();
    expect(answers.length).toBeGreaterThan(0);
    for (const { headers, body } of answers) {
      expect(headers.get('retry-after')).toBe('1');
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(headers.get('ratelimit')).toBe('"ip";r=0;t=1');
      expect(headers.get('ratelimit-policy')).toBe('"ip";q=3;w=1');
      expect(body).toMatchObject({
        type: '/problems/too-many-requests',
        status: 429,
        detail: expect.stringContaining('over the limit "ip" of 3 requests in 1 seconds'),
      });
    }
    await eventually(async () => (await get('/v1/todos')).status === 401);
  });

  test('tell each client where it stands, downwards', async () => {
    api = await startApi({ RATE_LIMIT_IP: '50', RATE_LIMIT_USER: '40' });
    const { token } = await api.newUser();
    const first = await get('/v1/todos', token);
    expect(members(first.headers.get('ratelimit-policy'))).toEqual({
      ip: { q: 50, w: 60 },
      user: { q: 40, w: 60 },
    });
    const second = await get('/v1/todos', token);
    const [before, after] = [first, second].map(({ headers }) => members(headers.get('ratelimit')));
    for (const name of ['ip', 'user']) {
      expect(after?.[name]?.['r']).toBe((before?.[name]?.['r'] ?? Number.NaN) - 1);
      expect(after?.[name]?.['t']).toBeGreaterThanOrEqual(1);
      expect(after?.[name]?.['t']).toBeLessThanOrEqual(60);
    }
  });

  const everywhere: [string, string, number, readonly string[]][] = [
    ['GET', '/v1/todos', 401, ['ip']],
    ['GET', '/v1/todos/%zz', 400, ['ip']],
    ['GET', '/.well-known/jwks.json', 200, ['ip']],
    ['GET', '/v1/nothing', 404, ['ip']],
    ['GET', '/wp-login.php', 404, ['ip']],
    ['PUT', '/v1/todos', 405, ['ip']],
    ['OPTIONS', '/v1/todos', 204, ['ip']],
    ['HEAD', '/v1/todos', 401, ['ip']],
    ['POST', '/v1/sessions', 415, ['ip', 'sessions']],
    ['POST', '/v1/users', 415, ['ip', 'sessions']],
    ['GET', '/health/live', 200, []],
    ['HEAD', '/health/ready', 200, []],
  ];
  test('hold for every path that is or is not, except for the probes', async () => {
    api = await startApi();
    for (const [method, path, status, limits] of everywhere) {
      const { status: got, headers } = await api.send(method, path);
      expect({ method, path, status: got }).toEqual({ method, path, status });
      const field = headers.get('ratelimit');
      expect({ path, limits: field === null ? [] : Object.keys(members(field)) }).toEqual({ path, limits });
    }
  });

  test('stop a scanner of unknown and malformed paths, but not the probes', async () => {
    api = await startApi({ RATE_LIMIT_IP: '4' });
    const paths = ['/v1/admin', '/.env', '/v1/%zz', '/v1/todos/%00', '/v1/users/1', '/%zz', '/index.php'];
    const statuses: number[] = [];
    for (const path of paths) statuses.push((await get(path)).status);
    expect(statuses).toEqual([404, 404, 400, 400, 429, 429, 429]);
    expect((await get('/health/live')).status).toBe(200);
  });

  test('by address come before authentication, and count each address for itself', async () => {
    api = await startApi({ RATE_LIMIT_IP: '2' });
    const url = `${api.url}/v1/todos`;
    const statuses = async (address: string) => [
      (await getFrom(address, url)).status,
      (await getFrom(address, url, { Authorization: 'Bearer wrong' })).status,
      (await getFrom(address, url)).status,
      (await getFrom(address, url, { 'X-Forwarded-For': '192.0.2.77' })).status,
    ];
    expect(await statuses('127.0.0.21')).toEqual([401, 401, 429, 429]);
    expect(await statuses('127.0.0.22')).toEqual([401, 401, 429, 429]);
  });

  test('by address count an IPv6 network of 64 bits as one client behind a trusted proxy', async () => {
    api = await startApi({ RATE_LIMIT_IP: '2', TRUSTED_PROXIES: '127.0.0.2' });
    const statusFor = async (client: string) =>
      (await getFrom('127.0.0.2', `${api.url}/v1/todos`, { 'X-Forwarded-For': client })).status;
    const statuses: unknown[] = [];
    for (const client of ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:0:9::', '2001:db8:0:1::1'])
      statuses.push(await statusFor(client));
    expect(statuses).toEqual([401, 401, 429, 401]);
    for (const client of ['192.0.2.1', '::ffff:192.0.2.1']) expect(await statusFor(client)).toBe(401);
    expect(await statusFor('::ffff:c000:201')).toBe(429);
  });

  test('by user count one user whichever token, and leave others alone', async () => {
    api = await startApi({ RATE_LIMIT_USER: '3' });
    const [ada, bob] = [await api.newUser(), await api.newUser()];
    const { token: another } = await api.tokens.issue({ userId: ada.id, sessionId: randomUUID() });
    const statuses: number[] = [];
    for (const token of [ada.token, another, ada.token, another, bob.token])
      statuses.push((await get('/v1/todos', token)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 200]);
  });

  test('keep log-ins and registrations of one address together, and tighter than the rest', async () => {
    api = await startApi({ RATE_LIMIT_SESSIONS: '4' });
    await api.newUser();
    expect((await logIn()).status).toBe(401);
    expect((await logIn()).status).toBe(401);
    const refused = await logIn();
    expect(refused.status).toBe(429);
    expect(Object.keys(members(refused.headers.get('ratelimit')))).toEqual(['ip', 'sessions']);
    const register = await api.send('POST', '/v1/users', {
      json: { email: 'late@example.com', password: 'a good long password', name: 'Late' },
    });
    expect(register.status).toBe(429);
    expect(await api.knex('users').where({ email: 'late@example.com' }).first()).toBeUndefined();
    expect((await get('/v1/todos')).status).toBe(401);
  });

  test('run nothing below them: what is refused writes nothing and names its limit in the log', async () => {
    api = await startApi({ RATE_LIMIT_USER: '1' });
    const { token, id } = await api.newUser();
    const create = (title: string) =>
      api.send('POST', '/v1/todos', { token, json: { title }, headers: { 'X-Request-Id': title } });
    expect((await create('first')).status).toBe(201);
    const refused = await create('second');
    expect(refused.status).toBe(429);
    expect(await api.knex('todos').where({ owner_id: id }).pluck('title')).toEqual(['first']);
    expect(api.logLines()).toContainEqual(
      expect.objectContaining({
        'http.request.id': 'second',
        'http.response.status_code': 429,
        'labels.route': '/v1/todos',
        'labels.limiter': 'user',
      }),
    );
  });

  test('count a batch by its items, whatever else it has', async () => {
    api = await startApi({ RATE_LIMIT_USER: '10' });
    const { token } = await api.newUser();
    const batch = async (items: unknown) => {
      const { status, headers } = await api.send('POST', '/v1/todos/batch', { token, json: { items } });
      return [status, members(headers.get('ratelimit'))['user']?.['r']];
    };
    const items = (count: number) => Array.from({ length: count }, (_, n) => ({ title: `Todo ${n}` }));
    expect(await batch(items(6))).toEqual([201, 4]);
    expect(await batch([{}, {}])).toEqual([422, 2]);
    expect(await batch('none')).toEqual([422, 1]);
    expect((await batch(items(2)))[0]).toBe(429);
    expect(await api.knex('todos').pluck('title')).toHaveLength(6);
  });

  test('concurrent requests are counted exactly', async () => {
    api = await startApi({ RATE_LIMIT_IP: '100' });
    const answers = await Promise.all(Array.from({ length: 150 }, () => get('/v1/todos')));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(50);
  });

  test('are off where they are 0', async () => {
    api = await startApi({
      RATE_LIMIT_IP: '0',
      RATE_LIMIT_USER: '0',
      RATE_LIMIT_SESSIONS: '0',
      RATE_LIMIT_PASSWORD: '0',
    });
    const { token } = await api.newUser();
    const { status, headers } = await get('/v1/todos', token);
    expect(status).toBe(200);
    expect(headers.has('ratelimit')).toBe(false);
    expect(headers.has('ratelimit-policy')).toBe(false);
  });
});
