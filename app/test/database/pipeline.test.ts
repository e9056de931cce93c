import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProxy, type TcpProxy } from '@sightline/testkit/proxy.ts';
import type { Knex } from 'knex';
import pg from 'pg';
import { readConfig } from '../../src/config.ts';
import { openDatabase, pipelineOf } from '../../src/database/connection.ts';
import { databaseErrorKind, databaseUnavailable } from '../../src/database/errors.ts';
import { type PreparedStatement, prepare, runPrepared } from '../../src/database/prepared.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const { log } = createTestTelemetry();

describe('pipelined statements', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let superuser: pg.Client;
  let knex: Knex;
  let echo: PreparedStatement;

  /** Opens the database through the proxy. */
  function open(settings: Record<string, string> = {}): Knex {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const opened = openDatabase(readConfig({ DATABASE_URL: url.href, ...settings }), log);
    echo = prepare('todos.get', 'select :n::int as n');
    return opened;
  }

  const ask = async (n: number) => (await runPrepared<{ n: number }>(knex, echo, { n }))[0]?.n;
  function pipeline() {
    const found = pipelineOf(knex);
    if (!found) throw new Error('There is no pipeline.');
    return found;
  }
  const isOpen = async () => {
    await ask(0);
    return pipeline().connections().idle === pipeline().size;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    const { hostname, port } = new URL(database.url);
    proxy = await startProxy({ host: hostname, port: Number(port) });
    superuser = new pg.Client({ connectionString: process.env['TEST_DATABASE_ADMIN_URL'] });
    await superuser.connect();
  });
  beforeEach(async () => {
    knex = open();
    await eventually(isOpen);
  });
  afterEach(async () => {
    proxy.resume();
    await knex.destroy();
  });
  afterAll(async () => {
    await superuser.end();
    await proxy.close();
    await database.drop();
  });

  const backends = async () => {
    const { rows } = await superuser.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = $1 and application_name = $2',
      [new URL(database.url).pathname.slice(1), 'todo-api'],
    );
    return rows.map(({ pid }) => pid);
  };

  test('are answered each with its own answer, however many are under way', async () => {
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    expect(await Promise.all(numbers.map(ask))).toEqual(numbers);
    expect(pipeline().connections()).toEqual({ inUse: 0, idle: pipeline().size });
  });

  test('take values as the pool does: null, text with quotes and emoji, lists', async () => {
    const values = {
      nothing: null,
      word: `it's "quoted" \\ 🦊`,
      texts: ['a,b', '{"c"}', ''],
      numbers: [1, 2],
    };
    const statement = prepare(
      'todos.get',
      'select :nothing::text as nothing, :word::text as word, :texts::text[] as texts, :numbers::int[] as numbers',
    );
    // The second time without a description of the columns.
    expect(await runPrepared(knex, statement, values)).toEqual([values]);
    expect(await runPrepared(knex, statement, values)).toEqual([values]);
    expect((await knex.raw(statement.sql, values)).rows).toEqual([values]);
  });

  test('take a value by its name wherever that stands, and leave quotes and casts alone', async () => {
    const statement = prepare('todos.get', `select :n::int + :n as twice, ':n'::text as ":n", :m::text as m`);
    expect(statement.text).toBe(
      `/* todos.get */ select $1::int + $1 as twice, ':n'::text as ":n", $2::text as m`,
    );
    expect(await runPrepared(knex, statement, { m: 'x', n: 2, other: 1 })).toEqual([
      { twice: 4, ':n': ':n', m: 'x' },
    ]);
  });

  test('have no value with the name of a type that they cast to', () => {
    const prepareText = () => prepare('todos.get', 'select :text::text');
    expect(prepareText).toThrow('todos.get: :text has the name of a type.');
  });

  test('are not sent when a value is missing, which would be null', async () => {
    await expect(runPrepared(knex, echo, {})).rejects.toThrow('todos.get lacks a value for :n.');
  });

  test('fail each for itself: an error reaches whoever sent that statement, and nobody else', async () => {
    const divide = prepare('todos.get', 'select 10 / :n::int as n');
    const all = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) => runPrepared<{ n: number }>(knex, divide, { n: n % 2 })),
    );
    for (const [n, outcome] of all.entries()) {
      if (n % 2 === 1) expect(outcome).toEqual({ status: 'fulfilled', value: [{ n: 10 }] });
      else expect(outcome).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    }
  });

  test('whose server processes are killed under load get their own answer or an error, and none is stuck', async () => {
    let answers = 0;
    const errors: unknown[] = [];
    let asking = true;
    const workers = Array.from({ length: 60 }, async (_, worker) => {
      for (let n = worker; asking; n += 60) {
        try {
          expect(await ask(n)).toBe(n);
          answers += 1;
        } catch (error) {
          if (!databaseUnavailable(error)) throw error;
          errors.push(error);
        }
      }
    });
    for (let kill = 0; kill < 10; kill += 1) {
      const before = answers;
      await eventually(() => answers > before + 200);
      const all = await backends();
      await superuser.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [all]);
    }
    asking = false;
    await Promise.all(workers);
    expect(errors.length).toBeGreaterThan(0);
    // And it mends itself.
    await eventually(isOpen);
  });

  test('that wait for a lock hold back no others', async () => {
    const wait = prepare('todos.get', 'select pg_advisory_xact_lock_shared(:lock) is null as n');
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('begin; select pg_advisory_xact_lock(7)');
    try {
      let isOver = false;
      const waiting = Promise.all(
        Array.from({ length: pipeline().size }, () => runPrepared(knex, wait, { lock: 7 })),
      ).finally(() => (isOver = true));
      // The first ones still come behind them.
      const behind: Promise<unknown>[] = [];
      let answered = 0;
      await eventually(() => {
        behind.push(ask(1).then(() => (answered += 1)));
        return answered > 0;
      });
      const numbers = Array.from({ length: 50 }, (_, n) => n);
      expect(await Promise.all(numbers.map(ask))).toEqual(numbers);
      expect(isOver).toBe(false);
      await holder.query('commit');
      await Promise.all([waiting, ...behind]);
    } finally {
      await holder.end();
    }
  });

  test('to a server that vanished end with an error as soon as one on the pool would', async () => {
    await knex.destroy();
    knex = open({ DATABASE_STATEMENT_TIMEOUT_MS: '300', DATABASE_CONNECT_TIMEOUT_MS: '1000' });
    await eventually(isOpen);
    proxy.hang();
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(ask));
    for (const outcome of outcomes) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(databaseErrorKind(reason)).toBe('statement_timeout');
    }
    proxy.resume();
    await eventually(isOpen);
  });

  test('to a server that vanished keep no process from closing its connections', async () => {
    await knex.destroy();
    knex = open({ DATABASE_STATEMENT_TIMEOUT_MS: '300' });
    await eventually(isOpen);
    proxy.hang();
    const unanswered = ask(1).catch((error: unknown) => error);
    await pipeline().close();
    expect(databaseUnavailable(await unanswered)).toBe(true);
  });

  test('of a transaction are its own: they see what it wrote, and end with it', async () => {
    await knex.raw('create table if not exists seen (n int)');
    const insert = prepare('todos.create', 'insert into seen values (:n) returning n');
    const count = prepare('todos.get', 'select count(*)::int as n from seen where n > :n');
    const undone = inTransaction(knex, async () => {
      await runPrepared(knex, insert, { n: 1 });
      expect(await runPrepared(knex, count, { n: 0 })).toEqual([{ n: 1 }]);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await runPrepared(knex, count, { n: 0 })).toEqual([{ n: 0 }]);
  });

  test('and those on the pool never have more connections together than the configuration says', async () => {
    await knex.destroy();
    knex = open({ DATABASE_POOL_MAX: '5' });
    await eventually(isOpen);
    const slow = (n: number) => knex.raw('select pg_sleep(0.02), ?::int as n', [n]);
    let max = 0;
    const asked = Promise.all(Array.from({ length: 60 }, (_, n) => Promise.all([slow(n), ask(n)])));
    let isOver = false;
    asked.finally(() => (isOver = true));
    while (!isOver) max = Math.max(max, (await backends()).length);
    await asked;
    expect(max).toBe(5);
  });

  test('are not used where few connections are allowed', async () => {
    await knex.destroy();
    knex = open({ DATABASE_POOL_MAX: '3' });
    expect(await ask(1)).toBe(1);
    expect(pipeline().size).toBe(0);
  });
});
