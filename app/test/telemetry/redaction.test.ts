import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { errorFields } from '@sightline/telemetry/error-fields.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { client, type Send, startApi, type TestApi, type TestUser } from '../support/api.ts';

/** Every secret sent is one of these, so that whatever of them is written can be told. */
const planted: string[] = [];
function secret(): string {
  const made = `hunter${planted.length}x${Math.random().toString(36).slice(2)}`;
  planted.push(made);
  return made;
}

describe('what a client sends is in no log line, no metric and no answer of ours about a failure', () => {
  let api: TestApi;
  let user: TestUser;
  let send: Send;
  beforeAll(async () => {
    api = await startApi({ LOG_LEVEL: 'trace', SLOW_REQUEST_MS: '1' }, undefined, {
      passwords: (config, metrics) =>
        createPasswords(config, metrics, {
          hash: (password) => {
            if (!password.startsWith('hunter'))
              return Promise.resolve('$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA');
            // Whatever a library may throw.
            const thrown = [
              new Error(`could not hash ${password}`),
              new Error('could not hash', { cause: new Error(`of ${password}`) }),
              new AggregateError([new Error(password)], `several: ${password}`),
              Object.assign(new Error('no'), { password, input: { password } }),
              `a string with ${password}`,
              { password },
            ];
            return Promise.reject(thrown[planted.length % thrown.length]);
          },
          verify: () => Promise.resolve(true),
        }),
    });
    user = await api.newUser();
    // Nothing of what follows promises to be in the document.
    send = client(api.url, () => {});
  });
  afterAll(() => api.stop());

  const inputs: readonly [string, () => Promise<unknown>][] = [
    ['Authorization', () => send('GET', '/v1/todos', { token: secret() })],
    [
      'Basic credentials',
      () => send('GET', '/v1/todos', { headers: { Authorization: `Basic ${secret()}` } }),
    ],
    ['a cookie', () => send('GET', '/v1/todos', { headers: { Cookie: `session=${secret()}` } })],
    ['an API key', () => send('GET', '/health/live', { headers: { 'X-Api-Key': secret() } })],
    ['the user agent', () => send('GET', '/health/live', { headers: { 'User-Agent': secret() } })],
    ['the referer', () => send('GET', '/health/live', { headers: { Referer: `http://x/?t=${secret()}` } })],
    ['tracestate', () => send('GET', '/health/live', { headers: { tracestate: `a=${secret()}` } })],
    ['If-Match', () => send('GET', '/v1/todos', { headers: { 'If-Match': `"${secret()}"` } })],
    [
      'an idempotency key',
      () =>
        send('POST', '/v1/todos', {
          token: user.token,
          json: { title: 'a' },
          headers: { 'Idempotency-Key': secret() },
        }),
    ],
    ['a query value', () => send('GET', `/v1/todos?q=${secret()}`, { token: user.token })],
    [
      'a query value that is refused',
      () => send('GET', `/v1/todos?status=${secret()}`, { token: user.token }),
    ],
    ['a query name', () => send('GET', `/v1/todos?${secret()}=1`, { token: user.token })],
    ['a query that is broken', () => send('GET', `/v1/todos?q=%E0${secret()}`, { token: user.token })],
    ['a path', () => send('GET', `/${secret()}/${secret()}`)],
    ['a part of a path', () => send('GET', `/v1/todos/${secret()}`, { token: user.token })],
    ['a path that is broken', () => send('GET', `/v1/todos/%E0${secret()}`)],
    [
      'a method',
      () =>
        send(
          secret()
            .toUpperCase()
            .replaceAll(/[^A-Z]/g, 'X'),
          '/v1/todos',
        ),
    ],
    [
      'a body',
      () =>
        send('POST', '/v1/todos', {
          token: user.token,
          json: { title: secret(), description: secret(), labels: [secret()] },
        }),
    ],
    [
      'a body that is refused',
      () => send('POST', '/v1/todos', { token: user.token, json: { title: 1, [secret()]: secret() } }),
    ],
    ['a body that is no JSON', () => send('POST', '/v1/sessions', { raw: `{"password": ${secret()}` })],
    [
      'an e-mail address and a password',
      () => send('POST', '/v1/sessions', { json: { email: `${secret()}@example.com`, password: secret() } }),
    ],
    ['a refresh token', () => send('POST', '/v1/sessions/refresh', { json: { refresh_token: secret() } })],
    ...Array.from({ length: 6 }, (_, n): [string, () => Promise<unknown>] => [
      `a value that is thrown (${n})`,
      () =>
        send('POST', '/v1/users', {
          json: { email: `thrown-${n}@example.com`, password: secret(), name: 'N' },
        }),
    ]),
    [
      'a message of the database',
      async () => {
        await api.owner.raw(`create function refuse() returns trigger language plpgsql as $$
          begin raise exception 'no todo "%" for %', new.title, new.description using detail = new.title; end $$`);
        await api.owner.raw(
          'create trigger refuse before insert on todos for each row execute function refuse()',
        );
        await send('POST', '/v1/todos', {
          token: user.token,
          json: { title: secret(), description: secret() },
        });
        await api.owner.raw('drop trigger refuse on todos');
      },
    ],
    [
      'bytes that are no request',
      async () => {
        const socket = connect(api.port, '127.0.0.1');
        const closed = once(socket.resume(), 'close');
        socket.write(`${secret()} ${secret()}\r\n\r\n`);
        await closed;
      },
    ],
  ];

  test.each(inputs)('%s leaves its secret in no line, metric or answer', async (_name, request) => {
    const before = api.logLines().length;
    await request();
    await eventually(() => api.logLines().length > before);
    const { text } = await api.telemetry.metrics.scrape();
    for (const each of planted) {
      expect(api.telemetry.logText()).not.toContain(each);
      expect(text).not.toContain(each);
    }
  });

  test('the log of PostgreSQL has nothing of a row that it refuses', async () => {
    const serverLog = () => readFileSync(String(process.env['TEST_DATABASE_LOG']), 'utf8');
    const [email, title] = [`${secret()}@example.com`, secret()];
    const registration = { email, password: 'correct horse battery', name: 'N' };
    for (const status of [201, 409])
      expect(await send('POST', '/v1/users', { json: registration })).toMatchObject({ status });
    const insertTooLong = api.knex('todos').insert({ owner_id: user.id, title: title.repeat(200) });
    await expect(insertTooLong).rejects.toThrow(/todos_title/);
    await eventually(() => serverLog().includes('violates check constraint "todos_title'));
    expect(serverLog()).not.toContain(title);
    expect(serverLog()).not.toContain(email);
  });

  test('a thrown error is logged all the same, with its type and stack', () => {
    const failures = api.logLines().filter((line) => line['event.action'] === 'request-failed');
    expect(new Set(failures.map((line) => line['error.type']))).toEqual(
      new Set(['Error', 'AggregateError', 'string', 'object', 'DatabaseError']),
    );
    expect(failures.map((line) => line['error.message'])).toContain('could not hash [redacted]');
    const caused = failures.find((line) => String(line['error.stack_trace']).includes('Caused by: '));
    expect(caused?.['error.stack_trace']).toContain('Caused by: Error: of [redacted]\n    at ');
  });
});

describe('the fields of an error', () => {
  const { token } = { token: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln' };

  test.each([
    ['a token', `refused ${token} here`, 'refused [redacted] here'],
    ['a bearer', 'got Bearer abc.def', 'got Bearer [redacted]'],
    [
      'an address with a password',
      'connect postgres://me:pass@db:5432/x',
      'connect postgres://[redacted]@db:5432/x',
    ],
    ['an e-mail address', 'no mailbox ada@example.com', 'no mailbox [redacted]'],
    ['a password hash', 'bad $argon2id$v=19$m=8$salt$hash', 'bad [redacted]'],
  ])('mask %s wherever it comes from', (_name, message, expected) => {
    expect(errorFields(new Error(message))['error.message']).toBe(expected);
  });

  test.each(['\n', '\u2028', '\u2029', '\r'])(
    'take no part of a message for a place in the code, after %j',
    (separator) => {
      const message = `told of [redacted]${separator}    at secret (place)`;
      const error = new Error(message);
      const changed = Object.assign(new Error(message), { message: 'another' });
      for (const each of [error, changed]) {
        const frames = errorFields(each)['error.stack_trace']?.split('\n    at ').slice(1).join('\n    at ');
        expect(frames).toContain('redaction.test.ts');
      }
      expect(errorFields(changed)['error.stack_trace']).not.toContain('secret');
      expect(errorFields(error)['error.stack_trace']?.match(/secret/g)).toHaveLength(1);
    },
  );

  test('name type, code and each cause once, however causes go in circles', () => {
    const first = Object.assign(new TypeError('outer'), { code: 'E_OUTER' });
    const second = new Error('inner', { cause: first });
    first.cause = second;
    const fields = errorFields(first);
    expect(fields).toMatchObject({
      'error.type': 'TypeError',
      'error.code': 'E_OUTER',
      'error.message': 'outer',
    });
    expect(fields['error.stack_trace']?.match(/Caused by: /g)).toHaveLength(1);
  });

  test.each([[undefined], [null], [0], [Symbol('x')], [() => 1], [{ message: 7 }]])(
    'can be told of %p',
    (thrown) => {
      expect(errorFields(thrown)['error.message']).toBe('Something was thrown that is no error.');
    },
  );

  test('stay short, however long a message is', () => {
    expect(errorFields(new Error('x'.repeat(1e6)))['error.message']).toHaveLength(1000);
  });
});
