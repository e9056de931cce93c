import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import type { Knex } from 'knex';
import pg from 'pg';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { down, up } from '../../src/database/migrations/006_search_todos_by_words.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const { log } = createTestTelemetry();
const own = '006_search_todos_by_words';

/** 3,000 todos in several scripts, some with long descriptions, of which some are in scripts that are parted by character. */
const fill = `
  insert into todos (owner_id, title, description)
  select $1, (array['Buy milk', 'Straße 1e5b', '我要去北京大学', 'ภาษาไทย', 'می\u200cخواهم', '🚀 x/y'])[1 + n % 6] || ' ' || n,
    case when n % 300 = 0 then repeat('图书馆 ', 2500) when n % 3 = 0 then repeat('Änderung a-b ', n % 40) end
  from generate_series(1, 3000) n`;

/** The writes of the release before. */
const writes = [
  'insert into todos (owner_id, title) values ($1, $2)',
  'update todos set title = $2, version = version + 1 where id = (select id from todos where owner_id = $1 order by random() limit 1)',
  'update todos set description = $2 where id = (select id from todos where owner_id = $1 order by random() limit 1)',
  "update todos set priority = 'high', labels = array[$2] where id = (select id from todos where owner_id = $1 order by random() limit 1)",
  'delete from todos where id = (select id from todos where owner_id = $1 and title <> $2 order by random() limit 1)',
];

interface Sent {
  readonly sql: string;
  readonly __knexTxId?: string;
}

describe('the migration that adds words to todos', () => {
  let database: TestDatabase;
  let knex: Knex;
  let owner: string;
  let sent: Sent[];

  beforeEach(async () => {
    database = await createTestDatabase();
    knex = openDatabase(readConfig({ DATABASE_URL: database.url }), log);
    for (const [name, migration] of migrations) {
      if (name === own) break;
      await migration.up(knex);
    }
    const [user] = await knex('users')
      .insert({ email: 'a@example.com', name: 'A', password_hash: 'x' })
      .returning('id');
    owner = user.id;
    await knex.raw(fill.replace('$1', '?'), [owner]);
    sent = [];
    knex.on('query', (statement: Sent) => sent.push(statement));
  });
  afterEach(async () => {
    await knex.destroy();
    await database.drop();
  });

  async function client(): Promise<pg.Client> {
    const connection = new pg.Client({ connectionString: database.url });
    // It is told of the end of its connection; whoever waits for an answer is as well.
    connection.on('error', () => {});
    await connection.connect();
    return connection;
  }

  /** Writes all the while, one statement after the other, as two pods of the release before. */
  async function besideWriters(action: () => Promise<void>): Promise<void> {
    let isOver = false;
    let written = 0;
    const write = async () => {
      const connection = await client();
      try {
        for (let n = 0; !isOver; n += 1) {
          await connection.query(writes[n % writes.length] as string, [owner, `Schreiben ${n} 书`]);
          written += 1;
        }
      } finally {
        await connection.end();
      }
    };
    const writers = Promise.all([write(), write()]);
    writers.catch(() => {});
    try {
      await eventually(async () => written > 10);
      const before = written;
      await action();
      // What takes milliseconds may be over before either writer has its next answer.
      await eventually(async () => written > before);
    } finally {
      isOver = true;
    }
    await writers;
  }

  /** Rows whose words aren't those of their text, and indexes that aren't whole. */
  async function faults(): Promise<unknown> {
    const { rows } = await knex.raw(`
      select (select count(*)::int from todos where search_words is distinct from todo_words_of(title, description)) as wrong,
        (select array_agg(indisvalid and indisready) from pg_index where indexrelid = to_regclass('todos_by_search_words')) as valid`);
    return rows[0];
  }
  const none = { wrong: 0, valid: [true] };

  /**
   * Statements that were sent and lock todos, or rows of it, against writers; each has to be in a
   * transaction.
   */
  const locking = () =>
    sent.filter(({ sql }) => /alter table|create or replace trigger|drop trigger|update todos/.test(sql));
  function expectBoundedLocks(): void {
    expect(locking()).not.toEqual([]);
    for (const { sql, __knexTxId: transaction } of locking()) {
      const [first, second] = sent
        .filter(({ __knexTxId: id }) => id === transaction && transaction !== undefined)
        .map((one) => one.sql)
        .filter((text) => !/^begin/i.test(text));
      expect({ sql, first }).toEqual({ sql, first: expect.stringContaining('set local lock_timeout = 500') });
      expect(second).toBe(sql);
    }
  }

  test('goes up and down beside writers, and leaves no row without', async () => {
    await besideWriters(() => up(knex));
    expect(await faults()).toEqual(none);
    expectBoundedLocks();
    sent = [];
    await besideWriters(() => down(knex));
    expectBoundedLocks();
    await besideWriters(() => up(knex));
    expect(await faults()).toEqual(none);
  });

  test('fills no more rows in a transaction than are done soon, by number and by text', async () => {
    await up(knex);
    const { rows } = await knex.raw(`
      select max(rows)::int as rows, max(bytes) filter (where rows > 1) <= 65536 as are_small, count(*) > 6 as are_many
      from (select count(*) as rows, sum(octet_length(title) + coalesce(octet_length(description), 0)) as bytes from todos group by xmin::text) as batches`);
    // Six would be those of 500 rows alone.
    expect(rows).toEqual([{ rows: expect.any(Number), are_small: true, are_many: true }]);
    expect(rows[0].rows).toBeLessThanOrEqual(500);
  });

  test.each([
    ['the column', /alter table/, 1],
    ['the first batch', /update todos/, 1],
    ['a later batch', /update todos/, 7],
    ['the index of an earlier attempt', /drop index/, 1],
    ['the index', /create index/, 1],
    ['the statistics', /analyze/, 1],
  ])('can be run again after it broke off before %s', async (_name, statement, nth) => {
    let seen = 0;
    knex.on('query', ({ sql }: Sent) => {
      if (statement.test(sql)) seen += 1;
      if (seen === nth && statement.test(sql)) throw new Error('broken off');
    });
    await besideWriters(async () => {
      await expect(up(knex)).rejects.toThrow('broken off');
      seen = nth;
      await up(knex);
    });
    expect(await faults()).toEqual(none);
  });

  test.each(['pg_terminate_backend', 'pg_cancel_backend'])(
    'makes the index anew after %s in the middle of it',
    async (end) => {
      const [writer, watcher] = [await client(), await client()];
      try {
        // The index, which is in the catalogue by then, has to wait for whoever has written and isn't done.
        await up(knex).then(() => down(knex));
        await writer.query('begin');
        const broken = eventually(async () => {
          const { rows } = await watcher.query(
            `select ${end}(pid) from pg_stat_activity where datname = current_database() and wait_event = 'virtualxid'
               and query like '%create index concurrently%' and pid <> pg_backend_pid()`,
          );
          return rows.length > 0;
        });
        const raw = async (sql: string) => {
          // Else the index may be made before the writer has come to the table.
          if (/create index/.test(sql))
            await writer.query(
              'update todos set version = version + 1 where id = (select id from todos limit 1)',
            );
          return await knex.raw(sql);
        };
        const besideWriter = new Proxy(knex, {
          get: (target, name) => (name === 'raw' ? raw : Reflect.get(target, name)),
        });
        await expect(up(besideWriter)).rejects.toThrow(/terminat|cancel/);
        await broken;
        // The pool may still hold the connection that ended.
        await eventually(async () => (await faults()) !== undefined);
        expect(await faults()).toEqual({ wrong: 0, valid: [false] });
        await writer.query('rollback');
        await up(knex);
        expect(await faults()).toEqual(none);
      } finally {
        await Promise.all([writer.end(), watcher.end()]);
      }
    },
  );

  test('waits for who has locked the table or rows, in turns, and others pass between', async () => {
    const holder = await client();
    try {
      await holder.query('begin');
      await holder.query('lock table todos in access exclusive mode');
      const going = up(knex);
      await eventually(async () => sent.filter(({ sql }) => /alter table/.test(sql)).length > 1);
      await holder.query('rollback');
      await holder.query('begin');
      await holder.query(
        'select from todos where id in (select id from todos order by id limit 5) for update',
      );
      await holder.query('commit');
      await going;
      expect(await faults()).toEqual(none);
    } finally {
      await holder.end();
    }
  });
});
