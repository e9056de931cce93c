/** The role of the service: that each endpoint works with it is what every other test of the API shows, which runs as it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import pg from 'pg';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { grantsOf, migrate } from '../../src/database/migrate.ts';
import { ServiceRoleError, tablePrivileges } from '../../src/database/service-role.ts';
import { maintenanceJobs } from '../../src/maintenance/jobs.ts';
import type { Todo } from '../../src/todos/schema.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const roleOf = (url: string) => new URL(url).username;

/** Runs statements of a role, each by itself, to the end of the block. */
async function loggedIn(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    query: (sql: string) => client.query(sql),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

describe('the role of the service', () => {
  let api: TestApi;
  let user: TestUser;
  let todo: Todo;
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
    ({ body: todo } = await api.send<Todo>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'Seen' },
    }));
  });
  afterAll(() => api.stop());

  test('is not the one that owns the schema, and the service doesn’t say that it is', () => {
    expect(roleOf(api.database.serviceUrl)).not.toBe(roleOf(api.database.url));
    expect(api.logLines().map((line) => line['event.action'])).not.toContain('configuration-weak');
  });

  test.each([
    ['change the audit', "update todo_events set action = 'updated'"],
    ['change one column of it', "update todo_events set request_id = 'x'"],
    ['remove from the audit', 'delete from todo_events'],
    ['empty the audit', 'truncate todo_events'],
    ['lock the audit', 'begin; lock table todo_events in exclusive mode'],
    ['remove a todo, and its audit with it', 'delete from todos'],
    ['empty todos', 'truncate todos cascade'],
    ['alter a table', 'alter table todos add column more text'],
    ['switch a trigger off', 'alter table todos disable trigger all'],
    [
      'make a trigger',
      'create trigger t before insert on todo_events for each row execute function todos_keep_search_words()',
    ],
    ['make a rule', 'create rule r as on insert to todo_events do instead nothing'],
    ['drop a table', 'drop table todo_events'],
    ['drop an index', 'drop index todo_events_by_todo'],
    ['drop a function', 'drop function remove_expired_todo_events'],
    [
      'change a function',
      'create or replace function fewest_audit_days() returns integer language sql return 0',
    ],
    ['become the owner of a function', 'alter function remove_expired_todo_events owner to current_user'],
    ['create in the schema', 'create table mine (a int)'],
    ['create a function', 'create function f() returns int language sql return 1'],
    ['create a schema', 'create schema mine'],
    ['give itself something', 'grant delete on todo_events to current_user; delete from todo_events'],
    ['become the owner', 'set role sightline'],
    ['switch foreign keys off', "set session_replication_role = 'replica'"],
    ['say which migrations there were', "insert into knex_migrations (name) values ('x')"],
    ['forget migrations', 'delete from knex_migrations'],
    ['hold the lock of migrations', 'update knex_migrations_lock set is_locked = 1'],
  ])('can’t %s', async (_what, sql) => {
    await using service = await loggedIn(api.database.serviceUrl);
    await expect(service.query(sql)).rejects.toThrow(
      /permission denied|must be owner|no privileges were granted/,
    );
    const { rows } = await api.owner.raw('select count(*)::int as count from todo_events');
    expect(rows).toEqual([{ count: 1 }]);
  });

  test('may do with each table what the list says, and nothing more', async () => {
    const { rows } = await api.owner.raw<{ rows: { table: string; privileges: string[] }[] }>(
      `select relname as table, array(
         select lower(privilege) from unnest(array['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER','MAINTAIN']) privilege
         where has_table_privilege(?, oid, privilege)) as privileges
       from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') and relnamespace = 'public'::regnamespace`,
      [roleOf(api.database.serviceUrl)],
    );
    // A new table needs a line in app/src/database/service-role.ts.
    expect(Object.fromEntries(rows.map(({ table, privileges }) => [table, privileges]))).toEqual(
      tablePrivileges,
    );
  });

  test('removes no event that is younger than the owner of the audit lets it, however it asks', async () => {
    const audit = await createTestDatabase();
    try {
      await using other = await startApi({ AUDIT_RETENTION_DAYS: '30' }, undefined, { database: audit });
      const { id } = await other.newUser();
      await other.owner.raw(
        `with todo as (insert into todos (owner_id, title) values (?, 'Old') returning id)
         insert into todo_events (id, todo_id, actor_id, request_id, action, changes)
         select uuidv7(-age), todo.id, ?, 'old', 'updated', '{}'
         from todo, unnest('{1 day,29 days,31 days,400 days}'::interval[]) age`,
        [id, id],
      );
      await using service = await loggedIn(audit.serviceUrl);
      for (const days of [29, 1, 0, -1, -40_000])
        await expect(service.query(`select remove_expired_todo_events(${days}, 10)`)).rejects.toThrow(
          `audit events are kept for 30 days, and those older than ${days} days were to be removed`,
        );
      expect((await service.query('select remove_expired_todo_events(null, 10)')).rows).toEqual([
        { remove_expired_todo_events: null },
      ]);
      const [job] = maintenanceJobs(other.config);
      expect(await job?.run(other.knex, 10)).toBe(2);
    } finally {
      await audit.drop();
    }
  });

  test('can’t have the owner run what it says by a temporary table in the place of the audit', async () => {
    await using service = await loggedIn(api.database.serviceUrl);
    await service.query(`
      create temporary table todo_events (id uuid);
      create table pg_temp.ran_as (name text);
      create function pg_temp.note() returns trigger language plpgsql as
        'begin insert into pg_temp.ran_as values (current_user); return old; end';
      create trigger note before delete on pg_temp.todo_events for each row execute function pg_temp.note();
      insert into pg_temp.todo_events values (uuidv7('-500 days'));
      select remove_expired_todo_events(400, 10);`);
    expect((await service.query('select name from pg_temp.ran_as')).rows).toEqual([]);
  });

  test('erases a user with all that is theirs, the audit included', async () => {
    await using other = await startApi();
    const leaving = await other.newUser();
    await other.send('POST', '/v1/todos', { token: leaving.token, json: { title: 'Gone' } });
    const { status } = await other.send('DELETE', '/v1/users/me', {
      token: leaving.token,
      json: { password: leaving.password },
    });
    expect(status).toBe(204);
    for (const table of ['users', 'todos', 'todo_events', 'sessions'])
      expect([table, await other.owner(table).count()]).toEqual([table, [{ count: '0' }]]);
    expect(todo.title).toBe('Seen');
  });
});

describe('a database with one role for everything', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const command = (environment: Readonly<Record<string, string>>) =>
    startProcess('database/migrate.ts', { NODE_ENV: 'test', DATABASE_URL: database.url, ...environment });
  const start = (url: string) =>
    startApiProcess({ NODE_ENV: 'test', DATABASE_URL: url, DATABASE_PROBE_INTERVAL_MS: '100' });
  const weaknesses = (output: string) =>
    output.split('\n').filter((line) => /DATABASE_SERVICE_ROLE/.test(line));
  const isReady = async (url: string) => (await fetch(`${url}/health/startup`)).ok;

  test('runs, says so once, and gets a role for the service without a stop', async () => {
    expect(await command({}).ended).toBe(0);
    const before = await start(database.url);
    try {
      await eventually(() => isReady(before.url));
      await eventually(() => weaknesses(before.output()).length > 0);
      expect(await command({ DATABASE_SERVICE_ROLE: roleOf(database.serviceUrl) }).ended).toBe(0);
      const after = await start(database.serviceUrl);
      try {
        await eventually(() => isReady(after.url));
        // Both serve: the one before, as the owner, goes on as long as it is needed.
        for (const { url } of [before, after])
          expect(
            (
              await fetch(`${url}/v1/users`, {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify({
                  email: `${new URL(url).port}@example.com`,
                  password: 'correct horse battery',
                  name: 'A',
                }),
              })
            ).status,
          ).toBe(201);
        expect(weaknesses(before.output())).toHaveLength(1);
        expect(weaknesses(after.output())).toEqual([]);
      } finally {
        after.child.kill('SIGKILL');
      }
    } finally {
      before.child.kill('SIGKILL');
    }
  });

  test.each([
    [
      'is not there',
      () => 'nobody_at_all',
      /there is no role "nobody_at_all"; .* create role nobody_at_all login/,
    ],
    ['owns the schema', () => roleOf(database.url), /"sightline" owns the schema, or may become who does/],
    ['is a superuser', () => 'postgres', /"postgres" is a superuser/],
  ])('gives nothing to a role that %s', async (_what, role, sentence) => {
    const migration = command({ DATABASE_SERVICE_ROLE: role() });
    expect(await migration.ended).toBe(1);
    expect(migration.output()).toMatch(sentence);
    expect(migration.output()).not.toContain('    at ');
  });

  test('gives nothing to a role that may create', async () => {
    const { log } = createTestTelemetry();
    const config = readConfig({
      DATABASE_URL: database.url,
      DATABASE_SERVICE_ROLE: roleOf(database.serviceUrl),
    });
    const knex = openDatabase(config, log);
    try {
      await knex.raw('grant create on schema public to public');
      await expect(migrate(knex, { grant: grantsOf(config, knex) })).rejects.toThrow(ServiceRoleError);
    } finally {
      await knex.raw('revoke create on schema public from public');
      await knex.destroy();
    }
  });
});
