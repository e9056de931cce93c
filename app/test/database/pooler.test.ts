import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, query, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startPgBouncer, type TestPgBouncer } from '@sightline/testkit/pgbouncer.ts';
import type { Knex } from 'knex';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { databaseErrorKind } from '../../src/database/errors.ts';
import { maintenanceJobs } from '../../src/maintenance/jobs.ts';
import { startMaintenance } from '../../src/maintenance/maintenance.ts';
import type { Todo, TodoHistory } from '../../src/todos/schema.ts';
import { startApi, type TestApi, type Tokens } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const { log } = createTestTelemetry();

const withPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0 ? describe : describe.skip;
const missing =
  withPgBouncer === describe ? '' : ' (skipped: pgbouncer is not on the PATH; apt-get install pgbouncer)';

withPgBouncer(`behind a pooler of transactions${missing}`, () => {
  let database: TestDatabase;
  let pooler: TestPgBouncer;
  let api: TestApi;

  /** Does `work` with the database, through the pooler. */
  async function using(settings: Record<string, string>, work: (knex: Knex) => Promise<void>): Promise<void> {
    const url = pooler.via(database.serviceUrl);
    const knex = openDatabase(readConfig({ DATABASE_URL: url, DATABASE_PIPELINE: 'off', ...settings }), log);
    try {
      await work(knex);
    } finally {
      await knex.destroy();
    }
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    // What a session gets that says nothing else.
    const name = new URL(database.url).pathname.slice(1);
    await query(
      database.url,
      `alter database ${name} set timezone to 'Asia/Kolkata'; alter database ${name} set datestyle to 'SQL, DMY'`,
    );
    pooler = await startPgBouncer(database.serviceUrl, 2);
    api = await startApi({ DATABASE_PIPELINE: 'off' }, pooler.via, { database });
  });
  afterAll(async () => {
    await api.stop();
    await pooler[Symbol.asyncDispose]();
    await database.drop();
  });

  /** Everything a user does, each answer as it is without a pooler. */
  async function work(): Promise<void> {
    const user = await api.newUser();
    const { token } = user;
    const begun = Date.now();
    const made = await api.send<Todo>('POST', '/v1/todos', {
      token,
      json: { title: 'One', due_at: '2026-12-01T00:30:00.123456+02:00' },
      headers: { 'Idempotency-Key': 'once' },
    });
    expect(made.status).toBe(201);
    expect(made.body.due_at).toBe('2026-11-30T22:30:00.123456Z');
    expect(Math.abs(Date.parse(made.body.created_at) - begun)).toBeLessThan(60_000);
    const path = `/v1/todos/${made.body.id}`;
    const patch = { title: 'Two', due_at: '2027-01-01T00:00:00Z', status: 'done' };
    const changed = await api.send<Todo>('PATCH', path, { token, json: patch });
    expect(changed.body).toMatchObject({ ...patch, completed_at: changed.body.updated_at, version: 2 });
    expect((await api.send('GET', path, { token })).body).toEqual(changed.body);
    const batch = await api.send<{ items: Todo[] }>('POST', '/v1/todos/batch', {
      token,
      json: { items: [{ title: 'Three', due_at: '2026-06-01T12:00:00Z' }, { title: 'Four' }] },
    });
    expect(batch.body.items.map(({ due_at }) => due_at)).toEqual(['2026-06-01T12:00:00Z', null]);
    const all = [...batch.body.items.toReversed(), changed.body];
    for (const filters of ['', '&due_before=2030-01-01T00:00:00Z']) {
      const expected = filters === '' ? all : all.filter(({ due_at }) => due_at !== null);
      const found: Todo[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await api.send<{ items: Todo[]; next_cursor: string | null }>(
          'GET',
          `/v1/todos?limit=1${filters}${cursor && `&cursor=${cursor}`}`,
          { token },
        );
        found.push(...body.items);
        if (body.next_cursor === null) break;
        cursor = body.next_cursor;
      }
      expect(found).toEqual(expected);
    }
    expect((await api.send('DELETE', path, { token })).status).toBe(204);
    expect((await api.send('POST', `${path}/restore`, { token })).status).toBe(200);
    const { body: history } = await api.send<TodoHistory>('GET', `${path}/history`, { token });
    expect(history.items.map(({ action }) => action)).toEqual(['created', 'updated', 'deleted', 'restored']);
    expect(history.items.map(({ created_at }) => created_at).slice(0, 2)).toEqual([
      made.body.created_at,
      changed.body.updated_at,
    ]);
    expect(history.items[1]?.changes['due_at']).toEqual({
      from: '2026-11-30T22:30:00.123456+00:00',
      to: '2027-01-01T00:00:00+00:00',
    });
    const { email, password } = user;
    const again = await api.send<Tokens>('POST', '/v1/sessions', { json: { email, password } });
    const fresh = await api.send<Tokens>('POST', '/v1/sessions/refresh', {
      json: { refresh_token: again.body.refresh_token },
    });
    expect(fresh.status).toBe(200);
    const sessions = await api.send<{ items: { created_at: string }[] }>('GET', '/v1/sessions', {
      token: fresh.body.access_token,
    });
    expect(sessions.body.items).toHaveLength(2);
    for (const { created_at } of sessions.body.items)
      expect(Math.abs(Date.parse(created_at) - begun)).toBeLessThan(60_000);
  }

  test('users at the same time each get what they would without it', async () => {
    await Promise.all(Array.from({ length: 12 }, work));
  });

  test('statements at the same time are answered each with its own answer', async () => {
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const ask = async (n: number) => (await api.knex.raw('select ?::int as n', [n])).rows[0].n;
    expect(await Promise.all(numbers.map(ask))).toEqual(numbers);
  });

  test('a slow statement is ended, in a transaction and outside of one, and its connection goes on', async () => {
    await using({ DATABASE_STATEMENT_TIMEOUT_MS: '1500', DATABASE_POOL_MAX: '1' }, async (knex) => {
      const slow = 'select pg_sleep(20)';
      const began = performance.now();
      for (const attempt of [() => knex.raw(slow), () => knex.transaction((within) => within.raw(slow))]) {
        await expect(attempt()).rejects.toMatchObject({ code: '57014' });
        expect((await knex.raw('select 1 as n')).rows).toEqual([{ n: 1 }]);
      }
      expect(performance.now() - began).toBeLessThan(10_000);
    });
  });

  test('a statement that fails leaves nothing behind, and no open transaction', async () => {
    await using({ DATABASE_POOL_MAX: '1' }, async (knex) => {
      await expect(knex.raw('select 1 / ?::int', [0])).rejects.toMatchObject({ code: '22012' });
      expect((await knex.raw('select 1 as n')).rows).toEqual([{ n: 1 }]);
      const inTransaction = await query(
        database.url,
        `select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      );
      expect(inTransaction).toEqual([]);
    });
  });

  test('a transaction in which nothing happens is ended', async () => {
    await using({ DATABASE_IDLE_TIMEOUT_MS: '1000', DATABASE_POOL_MAX: '1' }, async (knex) => {
      const idle = knex.transaction(async (transaction) => {
        await pause(2000);
        await transaction.raw('select 1');
      });
      const error = await idle.catch((failure: unknown) => failure);
      expect(databaseErrorKind(error)).toBe('connection');
    });
  });

  test('maintenance does its rounds', async () => {
    const telemetry = createTestTelemetry();
    const maintenance = startMaintenance(api.knex, maintenanceJobs(api.config), {
      intervalMs: 20,
      ...telemetry,
    });
    const succeeded = /^maintenance_last_success_timestamp_seconds(\{.*\})? [1-9]/m;
    await eventually(async () => succeeded.test((await telemetry.metrics.scrape()).text));
    await maintenance.stop();
    expect(telemetry.logLines()).toEqual([]);
    await telemetry.check();
  });

  test('no statement is named, and no session keeps a setting', async () => {
    await work();
    const look = () =>
      query(
        pooler.via(database.serviceUrl),
        `select pg_backend_pid() as pid, (select count(*)::int from pg_prepared_statements) as named,
           current_setting('TimeZone') as zone, current_setting('statement_timeout') as timeout
         from pg_sleep(0.2)`,
      );
    // Two at a time, until each of the pooler's connections has answered one.
    const kept = new Map<unknown, unknown>();
    await eventually(async () => {
      for (const [row] of await Promise.all([look(), look()])) kept.set(row?.['pid'], row);
      return kept.size === 2;
    });
    for (const row of kept.values())
      expect(row).toMatchObject({ named: 0, zone: 'Asia/Kolkata', timeout: '0' });
  });

  test('it refuses what the fast path asks for', async () => {
    await using({ DATABASE_PIPELINE: 'on' }, async (knex) => {
      await expect(knex.raw('select 1')).rejects.toThrow('unsupported startup parameter');
    });
  });
});
