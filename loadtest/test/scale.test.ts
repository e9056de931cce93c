import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sort as sorts } from '@sightline/app/src/todos/schema.ts';
import { startApi, type TestApi } from '@sightline/app/test/support/api.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import pg from 'pg';
import { cursorAfter } from '../bench/scale/cursors.ts';
import { type Dataset, datasetOf } from '../bench/scale/dataset.ts';
import { fill, type Progress } from '../bench/scale/fill.ts';
import { executionsFrom, explainOn } from '../bench/scale/plans.ts';
import { readScaleSettings, usersOf } from '../bench/scale/settings.ts';
import { prepareServer } from '../bench/scale/space.ts';
import { searched } from '../bench/scale/vocabulary.ts';
import { migrate } from '../bench/service.ts';

interface Page {
  readonly items: readonly { readonly id: string; readonly title: string }[];
  readonly next_cursor: string | null;
}

const rows = 30_000;
/** Reads the indexes and constraints of the table: a filling must restore those that it drops. */
const schema = `
  select pg_get_indexdef(indexrelid) as part from pg_index where indrelid = 'todos'::regclass
  union all select conname || ' ' || convalidated || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = 'todos'::regclass
  order by 1`;

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c TimeZone=UTC' });
  await client.connect();
  return client;
}

async function partsOf(client: pg.Client): Promise<string[]> {
  return (await client.query<{ part: string }>(schema)).rows.map(({ part }) => part);
}

/** The digest of all that a filling of a database of its own writes. */
async function contentOf(dataset: Dataset): Promise<string> {
  const database = await createTestDatabase();
  try {
    await migrate(database.url);
    await fill(database.url, dataset, () => {});
    const client = await connect(database.url);
    const { rows: digests } = await client.query<{ digest: string }>(
      'select md5(string_agg(todos::text || users::text, chr(10) order by todos.id)) as digest from todos join users on users.id = owner_id',
    );
    await client.end();
    return digests[0]?.digest ?? '';
  } finally {
    await database.drop();
  }
}

describe('a database that was filled', () => {
  const dataset = datasetOf(rows, usersOf(rows), 1);
  const progress: Progress[] = [];
  let database: TestDatabase;
  let client: pg.Client;
  let schemaBefore: string[];
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.url);
    client = await connect(database.url);
    schemaBefore = await partsOf(client);
    await fill(database.url, dataset, (step) => progress.push(step));
    api = await startApi({}, undefined, { database });
    ({ token } = await api.tokens.issue({ userId: dataset.userId, sessionId: dataset.userId }));
  });
  afterAll(async () => {
    await client?.end();
    await api?.stop();
    await database?.drop();
  });

  /** All of a list by the API, a hundred at a time. */
  async function listAll(query: string): Promise<{ items: Page['items'][number][]; cursors: string[] }> {
    const items: Page['items'][number][] = [];
    const cursors: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { status, body }: { status: number; body: Page } = await api.send<Page>(
        'GET',
        `/v1/todos?limit=100&${query}${next && `&cursor=${next}`}`,
        { token },
      );
      expect(status).toBe(200);
      items.push(...body.items);
      next = body.next_cursor;
      if (next !== null) cursors.push(next);
    }
    return { items, cursors };
  }

  const numbers = async (sql: string): Promise<Record<string, number>> => (await client.query(sql)).rows[0];

  test('has just the todos that were asked for, and of the measured user a fortieth', async () => {
    expect(
      await numbers(
        `select count(*)::integer as all, count(*) filter (where owner_id = '${dataset.userId}')::integer as mine from todos`,
      ),
    ).toEqual({ all: rows, mine: rows / 40 });
    expect(dataset.userTodos).toBe(rows / 40);
  });

  test('has the indexes and constraints that the migrations gave it, checked', async () => {
    expect(await partsOf(client)).toEqual(schemaBefore);
    expect(schemaBefore.filter((part) => part.startsWith('CREATE')).length).toBeGreaterThan(5);
  });

  test('has ids that tell when their todos were created', async () => {
    expect(
      await numbers(
        `select count(*)::integer as others from todos
         where uuid_extract_version(id) <> 7 or uuid_extract_timestamp(id) <> date_trunc('milliseconds', created_at)`,
      ),
    ).toEqual({ others: 0 });
  });

  test('has todos of each kind, and none that was changed before it was made', async () => {
    const found = await numbers(
      `select count(*) filter (where updated_at < created_at or version < 1)::integer as wrong,
         count(distinct (status, priority))::integer as kinds, count(*) filter (where deleted_at is not null) > 0 as deleted,
         count(*) filter (where due_at is null) > 0 as never_due, count(*) filter (where labels <> '{}') > 0 as labelled
       from todos`,
    );
    expect(found).toEqual({ wrong: 0, kinds: 12, deleted: true, never_due: true, labelled: true });
  });

  test('is what the API lists and finds, deleted or not', async () => {
    const [kept, deleted] = [await listAll(''), await listAll('deleted=only')];
    const ids = [...kept.items, ...deleted.items].map(({ id }) => id);
    expect(ids).toHaveLength(dataset.userTodos);
    expect(new Set(ids).size).toBe(dataset.userTodos);
    const found = await listAll(`q=${searched.common}`);
    const { mine } = await numbers(
      `select count(*)::integer as mine from todos where owner_id = '${dataset.userId}' and deleted_at is null
       and title || ' ' || coalesce(description, '') ~ '\\m${searched.common}'`,
    );
    expect(found.items).toHaveLength(Number(mine));
    expect(found.items.length).toBeGreaterThan(0);
  });

  test.each(sorts.options)('has the cursors of the API, by %s', async (sort) => {
    const { cursors } = await listAll(`sort=${sort}`);
    const computed: string[] = [];
    for (const n of cursors.keys())
      computed.push(await cursorAfter(client, dataset.userId, sort, 100 * (n + 1)));
    expect(computed).toEqual(cursors);
    expect(cursors.length).toBeGreaterThan(5);
  });

  test('tells of each 10,000 todos and each step while it is made', () => {
    expect(progress.flatMap(({ rows: copied }) => copied ?? [])).toEqual([10_000, 20_000, 30_000]);
    expect(progress.at(-1)).toEqual({ step: 'vacuum analyze' });
  });

  test('has its statements explained as they run: by which index, how many rows, and what reads all', async () => {
    const { TEST_DATABASE_ADMIN_URL = '', TEST_DATABASE_LOG = '' } = process.env;
    const turnOff = await explainOn(TEST_DATABASE_ADMIN_URL, database.url);
    const explained = await startApi({}, undefined, { beside: api });
    try {
      const executions = executionsFrom(TEST_DATABASE_LOG);
      const path = '/v1/todos?limit=20&sort=-priority';
      expect((await explained.send('GET', path, { token })).status).toBe(200);
      expect(executions()).toEqual([
        {
          durationMs: expect.any(Number),
          indexes: ['todos_by_priority'],
          scanned: [],
          rowsRead: 21,
          buffers: expect.any(Number),
        },
      ]);
      await explained.knex('todos').where({ title: 'x' }).select('id');
      expect(executions()).toMatchObject([{ indexes: [], scanned: ['todos'], rowsRead: rows }]);
    } finally {
      await explained.stop();
      await turnOff();
    }
  });
});

test('the same seed gives the same todos, and another one gives others', async () => {
  const [one, again, other] = await Promise.all([
    contentOf(datasetOf(2000, 10, 7)),
    contentOf(datasetOf(2000, 10, 7)),
    contentOf(datasetOf(2000, 10, 8)),
  ]);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test('a disk that is too small is told before anything is written, with what to do', async () => {
  const { TEST_DATABASE_ADMIN_URL = '' } = process.env;
  await expect(prepareServer(TEST_DATABASE_ADMIN_URL, 1e12, () => {})).rejects.toThrow(
    /^1,000,000,000,000 todos need up to 1500004\.0 GB in .+, where [\d.]+ GB are free\. Make room, .+ fewer ROWS\.$/,
  );
});

test('wrong settings are told all at once, with what they take', () => {
  expect(readScaleSettings({})).toEqual({ rows: 10_000_000, users: 10_000, requests: 200, seed: 1 });
  expect(readScaleSettings({ USERS: '1000000' }).users).toBe(1_000_000);
  expect(() => readScaleSettings({ ROWS: '10', REQUESTS: 'many', SEED: '-1' })).toThrow(
    [
      'ROWS is "10"; it takes an integer from 20000 to 100000000.',
      'REQUESTS is "many"; it takes an integer from 5 to 10000.',
      'SEED is "-1"; it takes an integer from 0 to 2147483647.',
    ].join('\n'),
  );
});
