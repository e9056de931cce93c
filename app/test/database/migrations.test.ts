import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import type { Knex } from 'knex';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { migrate, pendingMigrations } from '../../src/database/migrate.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const { log } = createTestTelemetry();
const names = [...migrations.keys()];

/** Everything that makes the schema: columns with their types and defaults, constraints, indexes, enum values. */
async function schema(knex: Knex): Promise<unknown[]> {
  const { rows } = await knex.raw(`
    select 'column' as kind, table_name || '.' || column_name as name,
      concat_ws(' ', udt_name, is_nullable, column_default) as definition
      from information_schema.columns where table_schema = 'public' and table_name not like 'knex_%'
    union all
    select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
      from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'knex_%'
    union all
    select 'index', indexname, indexdef from pg_indexes where schemaname = 'public' and tablename not like 'knex_%'
    union all
    select 'enum', typname, string_agg(enumlabel, ',' order by enumsortorder)
      from pg_type join pg_enum on enumtypid = pg_type.oid group by typname
    order by 1, 2`);
  return rows;
}

describe('the migrations', () => {
  let database: TestDatabase;
  let knex: Knex;
  beforeAll(async () => {
    database = await createTestDatabase();
    knex = openDatabase(readConfig({ DATABASE_URL: database.url }), log);
  });
  afterAll(async () => {
    await knex.destroy();
    await database.drop();
  });

  test('go up, and down one by one to nothing, and up again to the same schema, on data', async () => {
    expect(await pendingMigrations(knex)).toEqual(names);
    expect(await migrate(knex)).toEqual(names);
    expect(await pendingMigrations(knex)).toEqual([]);
    const whole = await schema(knex);
    expect(whole.length).toBeGreaterThan(30);
    await knex.raw(`
      with u as (insert into users (email, name, password_hash) values ('a@example.com', 'A', 'x') returning id),
      s as (insert into sessions (user_id, expires_at) select id, now() from u returning id),
      e as (insert into sessions (user_id, expires_at, revoked_at, revoked_reason) select id, now(), now(), 'too_many' from u),
      k as (insert into known_networks (user_id, network_hash) select id, sha256('x') from u),
      r as (insert into refresh_tokens (token_hash, session_id, expires_at) select sha256('x'), id, now() from s),
      t as (insert into todos (owner_id, title) select id, 'A todo' from u returning id, owner_id)
      insert into todo_events (todo_id, actor_id, request_id, action, changes) select id, owner_id, 'r', 'created', '{}' from t`);

    for (const name of names.toReversed()) expect(await migrate(knex, { direction: 'down' })).toEqual([name]);
    expect(await schema(knex)).toEqual([]);

    expect(await migrate(knex)).toEqual(names);
    expect(await schema(knex)).toEqual(whole);
    expect(await migrate(knex)).toEqual([]);
  });

  test('leave the data of earlier ones in place', async () => {
    const [newest] = names.slice(-1);
    await knex('users').insert({ email: 'kept@example.com', name: 'Kept', password_hash: 'x' });
    expect(await migrate(knex, { direction: 'down' })).toEqual([newest]);
    expect(await migrate(knex)).toEqual([newest]);
    expect(await knex('users').pluck('email')).toEqual(['kept@example.com']);
  });

  test('run once when several processes start them at the same time', async () => {
    for (const _ of names) await migrate(knex, { direction: 'down' });
    const others = Array.from({ length: 3 }, () =>
      openDatabase(readConfig({ DATABASE_URL: database.url }), log),
    );
    const applied = await Promise.all(others.map((other) => migrate(other)));
    await Promise.all(others.map((other) => other.destroy()));
    expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([names, [], []]);
  });

  test('go on after a process was killed in the middle, which leaves knex’s own lock behind', async () => {
    await knex('knex_migrations_lock').update({ is_locked: 1 });
    expect(await migrate(knex, { direction: 'down' })).toHaveLength(1);
    expect(await migrate(knex)).toHaveLength(1);
  });

  describe('make PostgreSQL itself refuse', () => {
    const todo = (change: object) => ({ owner_id: owner, title: 'x', ...change });
    let owner: string;
    let session: string;
    beforeAll(async () => {
      await knex('users').delete();
      [owner] = await knex('users')
        .insert({ email: 'o@example.com', name: 'O', password_hash: 'x' })
        .returning('id')
        .then((rows) => rows.map(({ id }) => id));
      [{ id: session }] = await knex('sessions')
        .insert({ user_id: owner, expires_at: 'now' })
        .returning('id');
    });

    test.each([
      ['an empty title', 'todos', () => todo({ title: '' }), 'todos_title_length'],
      ['a title of 201 characters', 'todos', () => todo({ title: 'x'.repeat(201) }), 'todos_title_length'],
      [
        'a description too long',
        'todos',
        () => todo({ description: 'x'.repeat(10_001) }),
        'todos_description_length',
      ],
      ['too many labels', 'todos', () => todo({ labels: Array(21).fill('x') }), 'todos_labels_count'],
      [
        'a due time before 1970',
        'todos',
        () => todo({ due_at: '1969-12-31T23:59:59Z' }),
        'todos_due_at_range',
      ],
      ['infinity as due time', 'todos', () => todo({ due_at: 'infinity' }), 'todos_due_at_range'],
      ['done without a time', 'todos', () => todo({ status: 'done' }), 'todos_completed_when_done'],
      ['a time without done', 'todos', () => todo({ completed_at: 'now' }), 'todos_completed_when_done'],
      ['version 0', 'todos', () => todo({ version: 0 }), 'todos_version_positive'],
      [
        'an unknown owner',
        'todos',
        () => todo({ owner_id: '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01' }),
        'todos_owner_fk',
      ],
      [
        'an e-mail address twice',
        'users',
        () => ({ email: 'o@example.com', name: 'x', password_hash: 'x' }),
        'users_email_unique',
      ],
      [
        'an e-mail address in upper case',
        'users',
        () => ({ email: 'P@example.com', name: 'x', password_hash: 'x' }),
        'users_email_lower_case',
      ],
      [
        'an empty name',
        'users',
        () => ({ email: 'p@example.com', name: '', password_hash: 'x' }),
        'users_name_length',
      ],
      [
        'a session revoked for no reason',
        'sessions',
        () => ({ user_id: owner, expires_at: 'now', revoked_at: 'now' }),
        'sessions_revoked_for_a_reason',
      ],
      [
        'a session revoked for an unknown reason',
        'sessions',
        () => ({ user_id: owner, expires_at: 'now', revoked_at: 'now', revoked_reason: 'mood' }),
        'sessions_revoked_reason_listed',
      ],
      [
        'a second unused token of a session',
        'refresh_tokens',
        () =>
          ['a', 'b'].map((text) => ({
            token_hash: createHash('sha256').update(text).digest(),
            session_id: session,
            expires_at: 'now',
          })),
        'refresh_tokens_one_unused',
      ],
      [
        'a network that is no hash',
        'known_networks',
        () => ({ user_id: owner, network_hash: Buffer.from('203.0.113.7') }),
        'known_networks_hash_length',
      ],
      [
        'a refresh token that is no hash',
        'refresh_tokens',
        () => ({ token_hash: Buffer.from('token'), session_id: session, expires_at: 'now' }),
        'refresh_tokens_hash_length',
      ],
    ])('%s', async (_name, table, row, constraint) => {
      await expect(knex(table).insert(row())).rejects.toMatchObject({ constraint });
    });

    test.each(['status', 'priority'])('an unknown %s', async (column) => {
      await expect(knex('todos').insert(todo({ [column]: 'unknown' }))).rejects.toMatchObject({
        code: '22P02',
      });
    });
  });
});
