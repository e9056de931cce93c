import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { base64url } from 'jose';
import { apiRoutes } from '../src/app.ts';
import { createHealth } from '../src/health/health.ts';
import { client, startApi, type TestApi, type TestUser } from './support/api.ts';

/** The OWASP API Security Top 10 of 2023: for each risk, what this service's answer to it is. */

/** Every endpoint there is, and whether it takes an access token. A new one belongs here, or the tests fail. */
const inventory: Readonly<Record<string, 'public' | 'access_token'>> = {
  'GET /health/live': 'public',
  'GET /health/startup': 'public',
  'GET /health/ready': 'public',
  'GET /.well-known/jwks.json': 'public',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/:version/:file': 'public',
  'GET /problems/': 'public',
  'GET /problems/:type': 'public',
  'POST /v1/sessions': 'public',
  'POST /v1/sessions/refresh': 'public',
  'GET /v1/sessions': 'access_token',
  'DELETE /v1/sessions/current': 'access_token',
  'DELETE /v1/sessions/others': 'access_token',
  'DELETE /v1/sessions/:id': 'access_token',
  'POST /v1/users': 'public',
  'GET /v1/users/me': 'access_token',
  'PUT /v1/users/me/password': 'access_token',
  'DELETE /v1/users/me': 'access_token',
  'GET /v1/todos': 'access_token',
  'POST /v1/todos': 'access_token',
  'GET /v1/todos/:id': 'access_token',
  'PATCH /v1/todos/:id': 'access_token',
  'DELETE /v1/todos/:id': 'access_token',
  'POST /v1/todos/batch': 'access_token',
  'POST /v1/todos/:id/restore': 'access_token',
  'GET /v1/todos/:id/history': 'access_token',
};

const someId = '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01';
const endpoints = Object.entries(inventory).map(([endpoint, access]) => {
  const [method = '', path = ''] = endpoint.split(' ');
  return {
    endpoint,
    method,
    path: path.replaceAll(/:\w+/g, someId),
    access,
    /** Whether a path is one of this endpoint's: `/v1/todos/batch` is also one of `/v1/todos/:id`. */
    takes: (other: string) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(other),
  };
});

let api: TestApi;
let ada: TestUser;
let eve: TestUser;
let adasTodo: string;

beforeAll(async () => {
  api = await startApi({ BODY_LIMIT_BYTES: '4096' });
  [ada, eve] = [await api.newUser(), await api.newUser()];
  const { body } = await api.send<{ id: string }>('POST', '/v1/todos', {
    token: ada.token,
    json: { title: 'Ada’s' },
  });
  adasTodo = body.id;
});
afterAll(() => api.stop());

const todos = async () => api.knex('todos').orderBy('id').select('*');

describe('API1: Broken object level authorization', () => {
  test.each([
    ['GET', undefined],
    ['PATCH', { title: 'Eve’s now' }],
    ['DELETE', undefined],
  ])('%s of another user’s todo is like that of none, and changes nothing', async (method, json) => {
    const before = await todos();
    const others = await api.send(method, `/v1/todos/${adasTodo}`, { token: eve.token, json });
    const none = await api.send(method, `/v1/todos/${someId}`, { token: eve.token, json });
    expect(others.status).toBe(404);
    expect(others.body['detail']).toBe(none.body['detail']);
    expect(await todos()).toEqual(before);
  });

  test('a session of another user is like that of none, and goes on', async () => {
    const { id } = await api.knex('sessions').where({ user_id: ada.id }).first('id');
    const others = await api.send('DELETE', `/v1/sessions/${id}`, { token: eve.token });
    const none = await api.send('DELETE', `/v1/sessions/${someId}`, { token: eve.token });
    expect(others.status).toBe(404);
    expect(others.body['detail']).toBe(none.body['detail']);
    expect(await api.knex('sessions').where({ id }).first('revoked_at')).toEqual({ revoked_at: null });
  });

  test('a list holds the asker’s own todos only', async () => {
    expect((await api.send('GET', '/v1/todos', { token: eve.token })).body).toEqual({
      items: [],
      next_cursor: null,
    });
  });
});

describe('API2: Broken authentication', () => {
  const forged = (header: object) =>
    `${base64url.encode(JSON.stringify({ typ: 'at+jwt', ...header }))}.${base64url.encode(
      JSON.stringify({ sub: someId, exp: 9_999_999_999 }),
    )}.`;

  test.each([
    ['no token', undefined],
    ['an unsigned token', forged({ alg: 'none' })],
    ['a token of an unknown key', forged({ alg: 'EdDSA', kid: 'mine' })],
    ['noise', 'AAAA'],
  ])('%s opens nothing', async (_name, token) => {
    const answer = await api.send('GET', '/v1/users/me', { token });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test('a log-in tells nobody which users there are', async () => {
    const answers = await Promise.all(
      [ada.email, 'nobody@example.com'].map((email) =>
        api.send('POST', '/v1/sessions', { json: { email, password: 'a wrong password' } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(answers[0]?.body['detail']).toBe(answers[1]?.body['detail']);
  });

  test('passwords cannot be guessed at the speed of the machine', async () => {
    await using limited = await startApi({ RATE_LIMIT_SESSIONS: '5' });
    const guesses = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        limited.send('POST', '/v1/sessions', { json: { email: 'a@example.com', password: `guess ${n}` } }),
      ),
    );
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(15);
  });
});

describe('API3: Broken object property level authorization', () => {
  test.each(['id', 'owner_id', 'version', 'created_at', 'completed_at', 'deleted_at', 'role'])(
    'a client cannot set %s',
    async (property) => {
      const answer = await api.send('POST', '/v1/todos', {
        token: eve.token,
        json: { title: 'x', [property]: someId },
      });
      expect(answer.status).toBe(422);
      expect(answer.body['errors']).toEqual([{ pointer: `#/${property}`, detail: 'is not known here' }]);
    },
  );

  test('an answer shows the properties it declares, and no others', async () => {
    const { body: user } = await api.send('GET', '/v1/users/me', { token: ada.token });
    expect(Object.keys(user).sort()).toEqual(['created_at', 'email', 'id', 'name', 'updated_at']);
    const { body: todo } = await api.send('GET', `/v1/todos/${adasTodo}`, { token: ada.token });
    expect(todo).not.toHaveProperty('owner_id');
  });
});

describe('API4: Unrestricted resource consumption', () => {
  test('a page has a largest size, a body too', async () => {
    expect((await api.send('GET', '/v1/todos?limit=1000000', { token: eve.token })).status).toBe(400);
    const json = { title: 'x', description: 'y'.repeat(5000) };
    expect((await api.send('POST', '/v1/todos', { token: eve.token, json })).status).toBe(413);
  });

  test('a client has so many requests, and is told how many', async () => {
    await using limited = await startApi({ RATE_LIMIT_IP: '3' });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await limited.send('GET', '/v1/todos')).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await limited.send('GET', '/v1/todos')).headers.get('ratelimit')).toMatch(/^"ip";r=0;t=\d+$/);
  });
});

describe('API5: Broken function level authorization', () => {
  test.each(endpoints.filter(({ access }) => access === 'access_token'))(
    '$endpoint asks for an access token before anything else',
    async ({ method, path }) => {
      expect((await api.send(method, path, method === 'GET' ? {} : { raw: '{' })).status).toBe(401);
    },
  );

  test.each(['/metrics', '/debug/log-level', '/debug/heap-snapshot', '/v1/admin', '/v1/users'])(
    'what is for operators or not there is not to be had by a user: %s',
    async (path) => {
      const { status } = await api.send('GET', path, { token: eve.token });
      expect([404, 405]).toContain(status);
    },
  );
});

describe('API6: Unrestricted access to sensitive business flows', () => {
  test('accounts cannot be made in bulk', async () => {
    await using limited = await startApi({ RATE_LIMIT_SESSIONS: '3' });
    const register = (n: number) =>
      limited.send('POST', '/v1/users', {
        json: { email: `bulk-${n}@example.com`, password: 'a good long password', name: 'Bulk' },
      });
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => (await register(n)).status),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(await limited.knex('users').pluck('id')).toHaveLength(3);
  });
});

describe('API7: Server side request forgery', () => {
  test('the service takes no URL: wherever one is put, nobody is called', async () => {
    let calls = 0;
    const bait = createServer((socket) => {
      calls += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(bait, 'listening');
    const { port } = bait.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/bait`;

    const token = [
      { typ: 'at+jwt', alg: 'EdDSA', kid: url, jku: url, x5u: url },
      { iss: url, sub: someId },
    ]
      .map((part) => base64url.encode(JSON.stringify(part)))
      .concat('')
      .join('.');
    expect((await api.send('GET', '/v1/users/me', { token })).status).toBe(401);
    const headers = {
      Referer: url,
      Forwarded: `host=127.0.0.1:${port}`,
      'X-Forwarded-Host': `127.0.0.1:${port}`,
      'X-Original-URL': url,
    };
    const json = { title: url, description: url, labels: [url.slice(0, 50)] };
    const created = await api.send('POST', '/v1/todos', { token: eve.token, json, headers });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toMatch(/^\/v1\/todos\//);
    for (const name of ['url', 'callback', 'webhook', 'redirect_uri', 'image_url']) {
      const taken = await api.send('POST', '/v1/todos', {
        token: eve.token,
        json: { title: 'x', [name]: url },
      });
      expect(taken.status).toBe(422);
    }
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`GET ${url} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 404 /);

    expect(calls).toBe(0);
    bait.close();
  });
});

describe('API8: Security misconfiguration', () => {
  test('an error tells what was wrong and nothing of the inside', async () => {
    await api.owner.raw('alter table todos rename to hidden');
    // No answer of the API is declared to be a 500, so this one isn't held against its document.
    const unchecked = client(api.url, () => {});
    const broken = await unchecked('GET', '/v1/todos', { token: eve.token });
    await api.owner.raw('alter table hidden rename to todos');
    expect(broken.status).toBe(500);
    expect(broken.text).not.toMatch(/select|relation|node_modules|\.ts|stack/);
    expect(broken.body['detail']).toBe('The error is logged under this request id.');
  });

  test('browsers are told to be strict, and no other origin may read', async () => {
    const { headers } = await api.send('GET', '/v1/todos', { headers: { Origin: 'https://evil.example' } });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    for (const name of ['access-control-allow-origin', 'server', 'x-powered-by'])
      expect({ name, sent: headers.has(name) }).toEqual({ name, sent: false });
  });

  test.each(['TRACE', 'TRACK', 'CONNECT'])('%s is not offered', async (method) => {
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`${method} /v1/todos HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nConnection: close\r\n\r\n`);
    const answer = await readAll(socket);
    expect(answer).toMatch(/^(HTTP\/1\.1 (405|400) |$)/);
    expect(answer).not.toContain('a=b');
  });
});

describe('API9: Improper inventory management', () => {
  test('every endpoint is listed above, and every one listed is there', () => {
    const { config, knex, tokens, lifecycle, telemetry } = api;
    const health = createHealth(lifecycle, { up: true, migrated: true, detail: '', since: '' });
    const registered = apiRoutes({ ...telemetry, config, knex, tokens, health }).map(
      ({ method, path }) => `${method.toUpperCase()} ${path}`,
    );
    expect(registered.sort()).toEqual(Object.keys(inventory).sort());
  });

  test('on each path only the listed methods answer', async () => {
    for (const { path } of endpoints) {
      const offered = endpoints.filter((other) => other.takes(path)).map(({ method }) => method);
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(
        (each) => !offered.includes(each),
      )) {
        const { status } = await api.send(method, path, { token: eve.token });
        expect({ method, path, status }).toEqual({ method, path, status: 405 });
      }
    }
  });

  test.each(['/todos', '/v0/todos', '/v2/todos', '/api/v1/todos', '/V1/todos', '/v1beta/todos', '/graphql'])(
    'no other version or name of it answers: %s',
    async (path) => {
      expect((await api.send('GET', path, { token: eve.token })).status).toBe(404);
    },
  );
});

describe('API10: Unsafe consumption of APIs', () => {
  const answers: [string, string][] = [
    ['garbage', '\0\xff\0\xff not Redis at all\r\n'],
    ['another protocol', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
    ['errors', '-ERR no\r\n'.repeat(10)],
    ['the announcement of a gigabyte', '$1073741824\r\n'],
    ['nothing', ''],
  ];
  test.each(answers)('what a Redis answers is not believed: %s', async (_name, bytes) => {
    const impostor: Server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write(bytes));
    }).listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    const { port } = impostor.address() as AddressInfo;
    await using limited = await startApi({ REDIS_URL: `redis://127.0.0.1:${port}`, RATE_LIMIT_IP: '3' });
    await eventually(() => limited.logLines().some((line) => line['event.action'] === 'redis-down'));
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await limited.send('GET', '/v1/todos')).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    impostor.close();
  });
});
