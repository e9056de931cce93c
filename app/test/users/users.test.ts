import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

describe('users', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  const valid = { email: 'ada@example.com', password: 'a good long password', name: 'Ada' };

  test('register with their e-mail address in lower case, and without their password in the answer', async () => {
    const answer = await api.send('POST', '/v1/users', { json: { ...valid, email: 'Grace@Example.COM' } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/v1/users/me');
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      email: 'grace@example.com',
      name: 'Ada',
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.any(String),
    });
  });

  test('are one for each e-mail address, however it is written, also when registered at once', async () => {
    const emails = ['twin@example.com', 'TWIN@example.com', 'Twin@Example.com', 'twin@EXAMPLE.com'];
    const answers = await Promise.all(
      emails.map((email) => api.send('POST', '/v1/users', { json: { ...valid, email } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      type: '/problems/email-taken',
      errors: [{ pointer: '#/email' }],
    });
  });

  test('have their password stored as argon2id only', async () => {
    await api.send('POST', '/v1/users', { json: { ...valid, email: 'stored@example.com' } });
    const row = await api.knex('users').where({ email: 'stored@example.com' }).first();
    expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    expect(JSON.stringify(row)).not.toContain(valid.password);
  });

  test('a user sees their own account', async () => {
    const user = await api.newUser();
    const answer = await api.send('GET', '/v1/users/me', { token: user.token });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: user.id, email: user.email });
  });

  test('who are gone are no longer known by their token', async () => {
    const user = await api.newUser();
    await api.knex('users').where({ id: user.id }).delete();
    const answers = [
      await api.send('GET', '/v1/users/me', { token: user.token }),
      await api.send('POST', '/v1/todos', { token: user.token, json: { title: 'nobody’s' } }),
    ];
    for (const { status, headers } of answers) {
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  });

  describe('who delete themselves', () => {
    const erase = (token: string, password: unknown) =>
      api.send('DELETE', '/v1/users/me', { token, json: { password } });
    /** Rows of each table that belong to the user, found by what they hold and not by foreign keys. */
    const rows = async (id: string) => {
      const { rows: found } = await api.knex.raw(
        `select (select count(*) from users where id = :id) as users,
           (select count(*) from todos where owner_id = :id) as todos,
           (select count(*) from todo_events where actor_id = :id) as events,
           (select count(*) from sessions where user_id = :id) as sessions,
           (select count(*) from known_networks where user_id = :id) as networks,
           (select count(*) from refresh_tokens where session_id not in (select id from sessions)) as orphans`,
        { id },
      );
      return found[0];
    };
    const none = { users: '0', todos: '0', events: '0', sessions: '0', networks: '0', orphans: '0' };

    test('are erased with their todos, events and sessions, and nobody else is', async () => {
      const [user, neighbour] = [await api.newUser(), await api.newUser()];
      for (const { token } of [user, user, neighbour]) {
        const { body } = await api.send('POST', '/v1/todos', { token, json: { title: 'mine' } });
        await api.send('PATCH', `/v1/todos/${body['id']}`, { token, json: { title: 'still mine' } });
        await api.send('DELETE', `/v1/todos/${body['id']}`, { token });
      }
      await api.send('POST', '/v1/todos', { token: user.token, json: { title: 'open' } });
      const before = await rows(neighbour.id);
      const answer = await erase(user.token, user.password);
      expect(answer.status).toBe(204);
      expect(answer.text).toBe('');
      expect(await rows(user.id)).toEqual(none);
      expect(await rows(neighbour.id)).toEqual(before);
    });

    test('can no longer refresh, log in or use their token, and may register again', async () => {
      const { token, refreshToken, email, password } = await api.newUser();
      await erase(token, password);
      const attempts = [
        await api.send('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } }),
        await api.send('POST', '/v1/sessions', { json: { email, password } }),
        await api.send('GET', '/v1/users/me', { token }),
        await erase(token, password),
      ];
      expect(attempts.map(({ status, body }) => [status, body['type']])).toEqual([
        [401, '/problems/invalid-refresh-token'],
        [401, '/problems/invalid-credentials'],
        [401, '/problems/unauthenticated'],
        [401, '/problems/unauthenticated'],
      ]);
      const again = await api.send('POST', '/v1/users', { json: { email, password, name: 'Again' } });
      expect(again.status).toBe(201);
    });

    test('have to give their password', async () => {
      const user = await api.newUser();
      const before = await rows(user.id);
      const answer = await erase(user.token, 'not the password');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sightline"');
      expect(answer.body).toMatchObject({ type: '/problems/invalid-credentials' });
      expect(await rows(user.id)).toEqual(before);
    });

    test('twice at once are erased once', async () => {
      const { id, token, password } = await api.newUser();
      const answers = await Promise.all([erase(token, password), erase(token, password)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
      expect(await rows(id)).toEqual(none);
    });

    test('while they write, refresh and log in get no 5xx, and nothing of theirs stays', async () => {
      for (let round = 0; round < 5; round += 1) {
        const { id, token, refreshToken, email, password } = await api.newUser();
        const todos = await Promise.all(
          ['a', 'b', 'c'].map((title) => api.send('POST', '/v1/todos', { token, json: { title } })),
        );
        const answers = await Promise.all([
          ...todos.map(({ body }) =>
            api.send('PATCH', `/v1/todos/${body['id']}`, { token, json: { title: 'changed' } }),
          ),
          erase(token, password),
          api.send('POST', '/v1/todos', { token, json: { title: 'late' } }),
          api.send('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } }),
          api.send('POST', '/v1/sessions', { json: { email, password } }),
          ...todos.map(({ body }) => api.send('DELETE', `/v1/todos/${body['id']}`, { token })),
        ]);
        expect(answers.filter(({ status }) => status >= 500).map(({ text }) => text)).toEqual([]);
        expect(answers[3]?.status).toBe(204);
        expect(await rows(id)).toEqual(none);
      }
    });

    describe('in the middle of a request of theirs', () => {
      const lock = 7_246;
      beforeAll(() =>
        api.owner.raw(`create function wait_for_test() returns trigger language plpgsql as
          'begin perform pg_advisory_xact_lock_shared(${lock}); return new; end'`),
      );

      type Ask = (user: TestUser, todoId: unknown) => ReturnType<TestApi['send']>;
      const requests: [string, string, Ask][] = [
        [
          'that changes a todo',
          'todo_events',
          ({ token }, todoId) =>
            api.send('PATCH', `/v1/todos/${todoId}`, { token, json: { title: 'changed' } }),
        ],
        [
          'that refreshes',
          'refresh_tokens',
          ({ refreshToken }) =>
            api.send('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } }),
        ],
      ];
      test.each(requests)('%s wait for it, and are erased with what it wrote', async (_name, table, ask) => {
        const user = await api.newUser();
        const { body: todo } = await api.send('POST', '/v1/todos', {
          token: user.token,
          json: { title: 'mine' },
        });
        const waiting = async (count: number) => {
          const { rows: found } = await api.knex.raw(
            `select count(*)::int from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return found[0].count === count;
        };
        await api.owner.raw(
          `create trigger wait_for_test before insert on ${table} for each row execute function wait_for_test()`,
        );
        const holder = await api.knex.transaction();
        await holder.raw(`select pg_advisory_xact_lock(${lock})`);
        const asked = ask(user, todo['id']);
        await eventually(() => waiting(1));
        const erased = erase(user.token, user.password);
        await eventually(() => waiting(2));
        await holder.rollback();
        expect((await asked).status).toBe(200);
        expect((await erased).status).toBe(204);
        expect(await rows(user.id)).toEqual(none);
        await api.owner.raw(`drop trigger wait_for_test on ${table}`);
      });
    });
  });
});
