import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { portsOf, type ServiceProcess, startProcess } from '@sightline/testkit/process.ts';
import type { Knex } from 'knex';
import type { Todo } from '../../src/todos/schema.ts';
import {
  client,
  type RequestOptions,
  type Send,
  startApi,
  type TestApi,
  type TestUser,
} from '../support/api.ts';

describe('a request with an idempotency key', () => {
  let database: TestDatabase;
  let api: TestApi;
  /** Another instance on the same database. */
  let sibling: TestApi;
  let user: TestUser;
  let siblingToken: string;
  let knex: Knex;

  const logIn = async (send: Send) => {
    const { email, password } = user;
    const { body } = await send<{ access_token: string }>('POST', '/v1/sessions', {
      json: { email, password },
    });
    return body.access_token;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApi({}, undefined, { database });
    sibling = await startApi({}, undefined, { database });
    ({ knex } = api);
    user = await api.newUser();
    siblingToken = await logIn(sibling.send);
  });
  afterAll(async () => {
    await api.stop();
    await sibling.stop();
    await database.drop();
  });

  const withKey = (key: string, json: unknown, token = user.token): RequestOptions => ({
    token,
    headers: { 'Idempotency-Key': key },
    json,
  });
  const post = (key: string, json: unknown, path = '/v1/todos') =>
    api.send<Todo>('POST', path, withKey(key, json));
  const replayed = ({ headers }: { headers: Headers }) => headers.get('idempotent-replayed') === 'true';
  const count = async (title: string) =>
    Number((await knex('todos').where({ title }).count().first())?.['count']);
  const keptKeys = (key: string) => knex('idempotency_keys').where({ key });

  test('is carried out once, and answered the same again, whatever became of the todo', async () => {
    const [key, title] = [randomUUID(), randomUUID()];
    const first = await post(key, { title });
    expect(first.status).toBe(201);
    expect(first.headers.has('idempotent-replayed')).toBe(false);
    await api.send('PATCH', `/v1/todos/${first.body.id}`, { token: user.token, json: { status: 'done' } });
    const again = await post(key, { title });
    expect(again.status).toBe(201);
    expect(replayed(again)).toBe(true);
    expect(again.text).toBe(first.text);
    for (const name of ['etag', 'location', 'content-type'])
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(await count(title)).toBe(1);
    expect(await knex('todo_events').where({ todo_id: first.body.id, action: 'created' })).toHaveLength(1);
  });

  test('is answered as one without a key', async () => {
    const [key, title] = [randomUUID(), randomUUID()];
    const [bare, keyed] = [
      await api.send<Todo>('POST', '/v1/todos', { token: user.token, json: { title } }),
      await post(key, { title }),
    ];
    const { id, created_at, updated_at } = keyed.body;
    expect(keyed.body).toEqual({ ...bare.body, id, created_at, updated_at });
    for (const name of ['etag', 'content-type']) expect(keyed.headers.get(name)).toBe(bare.headers.get(name));
  });

  test('a batch with a key is carried out once', async () => {
    const [key, title] = [randomUUID(), randomUUID()];
    const json = { items: [{ title }, { title, labels: ['a'] }] };
    const first = await post(key, json, '/v1/todos/batch');
    const again = await post(key, json, '/v1/todos/batch');
    expect([first.status, again.status, replayed(again)]).toEqual([201, 201, true]);
    expect(again.text).toBe(first.text);
    expect(await count(title)).toBe(2);
  });

  test('is the same request however its body is written', async () => {
    const key = randomUUID();
    await post(key, { title: 'Same', labels: [] });
    expect(replayed(await post(key, { status: 'open', title: 'Same' }))).toBe(true);
  });

  test.each([
    ['body', '/v1/todos', { title: 'Another' }],
    ['route', '/v1/todos/batch', { items: [{ title: 'One' }] }],
  ])('is refused when the key belongs to one with another %s', async (_name, path, json) => {
    const key = randomUUID();
    await post(key, { title: 'One' });
    const answer = await post(key, json, path);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ type: '/problems/idempotency-key-reused' });
    expect(replayed(await post(key, { title: 'One' }))).toBe(true);
  });

  test('has its key apart from those of other users', async () => {
    const key = randomUUID();
    const other = await api.newUser();
    const mine = await post(key, { title: 'Mine' });
    const theirs = await api.send<Todo>('POST', '/v1/todos', withKey(key, { title: 'Mine' }, other.token));
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  test.each([
    ['empty', ''],
    ['of 256 characters', 'k'.repeat(256)],
    ['with a tab', 'a\tb'],
    ['not in ASCII', 'clé'],
  ])('is refused when its key is %s', async (_name, key) => {
    const title = randomUUID();
    const answer = await post(key, { title });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      type: '/problems/malformed-request',
      errors: [{ pointer: 'Idempotency-Key' }],
    });
    expect(await count(title)).toBe(0);
  });

  test.each(['k', 'k'.repeat(255), '"quoted", and \'more\' ; --'])('may have the key %s', async (key) => {
    expect((await post(key, { title: 'x' })).status).toBe(201);
    expect(replayed(await post(key, { title: 'x' }))).toBe(true);
  });

  test('that fails leaves its key free', async () => {
    const key = randomUUID();
    expect((await post(key, { title: '' })).status).toBe(422);
    const gone = await api.newUser();
    await knex('users').where({ id: gone.id }).delete();
    expect((await api.send('POST', '/v1/todos', withKey(key, { title: 'x' }, gone.token))).status).toBe(401);
    expect(await keptKeys(key)).toEqual([]);
    expect((await post(key, { title: 'x' })).status).toBe(201);
  });

  test('is carried out once when it comes many times at once, to two instances', async () => {
    const [key, title] = [randomUUID(), randomUUID()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2
          ? api.send<Todo>('POST', '/v1/todos', withKey(key, { title }))
          : sibling.send<Todo>('POST', '/v1/todos', withKey(key, { title }, siblingToken)),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter((answer) => !replayed(answer))).toHaveLength(1);
    expect(await count(title)).toBe(1);
  });

  test('waits for its twin for a while only, and then may be tried again', async () => {
    const [key, title] = [randomUUID(), randomUUID()];
    const twin = await knex.transaction();
    await twin('idempotency_keys').insert({ user_id: user.id, key, fingerprint: Buffer.alloc(32) });
    const answers = await Promise.all([post(key, { title }), post(key, { title })]);
    for (const { status, headers, body } of answers) {
      expect({ status, body }).toMatchObject({
        status: 409,
        body: { type: '/problems/idempotency-in-progress' },
      });
      expect(headers.get('retry-after')).toBe('1');
    }
    await twin.rollback();
    expect(await count(title)).toBe(0);
    expect((await post(key, { title })).status).toBe(201);
  });

  test('is a new one when the key is older than it is kept, cleaned up or not', async () => {
    const [key, title] = [randomUUID(), randomUUID()];
    await post(key, { title });
    await keptKeys(key).update({ id: knex.raw("uuidv7('-23 hours')") });
    expect(replayed(await post(key, { title }))).toBe(true);
    await keptKeys(key).update({ id: knex.raw("uuidv7('-25 hours')") });
    const answer = await post(key, { title: `${title} again` });
    expect([answer.status, replayed(answer)]).toEqual([201, false]);
    expect(replayed(await post(key, { title: `${title} again` }))).toBe(true);
  });

  test('leaves nothing of its user behind', async () => {
    const key = randomUUID();
    const gone = await api.newUser();
    await api.send('POST', '/v1/todos', withKey(key, { title: 'x' }, gone.token));
    await knex('users').where({ id: gone.id }).delete();
    expect(await keptKeys(key)).toEqual([]);
  });

  test('has no cost for those without one', async () => {
    const statements: unknown[] = [];
    const note = ({ sql }: { sql: string }) => statements.push(sql);
    knex.on('query', note);
    await api.send('POST', '/v1/todos', { token: user.token, json: { title: 'one statement' } });
    knex.removeListener('query', note);
    expect(statements.filter((sql) => sql !== 'select 1')).toHaveLength(1);
  });

  describe('when there is a crash', () => {
    /** Our statements that wait for a lock, by process id. */
    const waiting = async (): Promise<number[]> => {
      const { rows } = await knex.raw(
        "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows.map(({ pid }: { pid: number }) => pid);
    };

    /** Keeps events from being written: a request then has its key, and waits to write its todo. */
    async function holdEvents(): Promise<Knex.Transaction> {
      const lock = await api.owner.transaction();
      await lock.raw('lock table todo_events in access exclusive mode');
      return lock;
    }

    /** A process of its own, to be killed, and the user's token there. */
    async function startVictim(): Promise<{ service: ServiceProcess; send: Send; token: string }> {
      const service = startProcess('main.ts', {
        DATABASE_URL: database.serviceUrl,
        PORT: '0',
        MANAGEMENT_PORT: '0',
      });
      const { port } = await portsOf(service);
      const send = client(`http://127.0.0.1:${port}`);
      await eventually(async () => (await send('GET', '/health/ready')).status === 200);
      return { service, send, token: await logIn(send) };
    }

    test('of the connection before the commit, gets 503, and passes when it comes again', async () => {
      const [key, title] = [randomUUID(), randomUUID()];
      const lock = await holdEvents();
      const pending = post(key, { title });
      await eventually(async () => (await waiting()).length > 0);
      await knex.raw('select pg_terminate_backend(pid) from unnest(?::int[]) pid', [await waiting()]);
      const answer = await pending;
      await lock.rollback();
      expect(answer.status).toBe(503);
      expect(answer.headers.has('location')).toBe(false);
      expect([await count(title), await keptKeys(key)]).toEqual([0, []]);
      const again = await post(key, { title });
      expect([again.status, replayed(again)]).toEqual([201, false]);
    });

    test('of the process before the commit, is carried out when it comes again', async () => {
      const [key, title] = [randomUUID(), randomUUID()];
      const { service, send, token } = await startVictim();
      const lock = await holdEvents();
      const pending = send('POST', '/v1/todos', withKey(key, { title }, token)).catch(() => 'no answer');
      await eventually(async () => (await waiting()).length > 0);
      service.child.kill('SIGKILL');
      expect(await pending).toBe('no answer');
      await lock.rollback();
      const again = await post(key, { title });
      expect([again.status, replayed(again)]).toEqual([201, false]);
      expect(await count(title)).toBe(1);
    });

    test('of the process after the commit, gets the answer it would have got', async () => {
      const [key, title] = [randomUUID(), randomUUID()];
      const { service, send, token } = await startVictim();
      // Whether an answer came out in time is nothing that the client could build on.
      const pending = send('POST', '/v1/todos', withKey(key, { title }, token)).catch(() => 'no answer');
      await eventually(async () => (await count(title)) === 1);
      service.child.kill('SIGKILL');
      await pending;
      const again = await post(key, { title });
      expect([again.status, replayed(again)]).toEqual([201, true]);
      expect(await knex('todos').where({ title }).pluck('id')).toEqual([again.body.id]);
    });
  });
});

describe('two instances on one database', () => {
  test('let one of many writers at the same version through', async () => {
    await using instance = await startApi();
    await using sibling = await startApi({}, undefined, { beside: instance });
    const { send, newUser } = instance;
    const { token, email, password } = await newUser();
    const session = await sibling.send<{ access_token: string }>('POST', '/v1/sessions', {
      json: { email, password },
    });
    const { body } = await send<Todo>('POST', '/v1/todos', { token, json: { title: 'Contended' } });
    const headers = { 'If-Match': '"1"' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => {
        const json = { title: `writer ${n}` };
        return n % 2
          ? send('PATCH', `/v1/todos/${body.id}`, { token, headers, json })
          : sibling.send('PATCH', `/v1/todos/${body.id}`, {
              token: session.body.access_token,
              headers,
              json,
            });
      }),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
  });
});
