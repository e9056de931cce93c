import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import pg from 'pg';
import { plannerOptions } from '../../src/database/pipeline.ts';
import { maintenanceJobs } from '../../src/maintenance/jobs.ts';
import { type Sort, sort as sorts } from '../../src/todos/schema.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

/** A node of PostgreSQL's EXPLAIN (FORMAT JSON). */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

interface Statement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
  /** After a few times PostgreSQL may plan it once for all values. */
  readonly isPrepared?: true;
}

const nodes = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** 50,000 todos of one owner, 10 of another, and the rest of three; every tenth deleted, some words rare. */
const fill = `
  insert into todos (owner_id, title, description, status, priority, labels, due_at, completed_at, created_at, updated_at, deleted_at)
  select case when n <= 50000 then $1::uuid when n <= 50010 then $2::uuid else ($3::uuid[])[1 + n % 3] end,
    'Todo ' || n || case when n % 1000 = 0 then ' rare' else ' common' end, case when n % 2 = 0 then 'word' || n % 500 end,
    (array['open', 'in_progress', 'done'])[1 + n % 3]::todo_status,
    (array['low', 'normal', 'high', 'urgent'])[1 + n % 4]::todo_priority,
    case when n % 500 = 0 then array['seldom'] else array['often', 'l' || n % 50] end,
    case when n % 5 > 0 then now() + n * interval '1 minute' end, case when n % 3 = 2 then now() end,
    now() - n * interval '1 second', now() - (n * 7919 % 100000) * interval '1 second',
    case when n % 10 = 0 then now() end
  from generate_series(1, 100000) n`;

/** Two events of each todo, the second older than it is kept. */
const fillEvents = `
  insert into todo_events (id, todo_id, actor_id, request_id, action, changes)
  select uuidv7(n * interval '-2 days'), id, owner_id, 'r', 'created', '{}' from todos, generate_series(0, 1) n`;

/** Every other key older than it is kept. */
const fillKeys = `
  insert into idempotency_keys (id, user_id, key, fingerprint, status, headers, body)
  select uuidv7(n % 2 * interval '-2 days'), $1, n, sha256('x'), 201, '{}', '{}' from generate_series(1, 20000) n`;

/** Every tenth network older than it is kept. */
const fillNetworks = `
  insert into known_networks (user_id, network_hash, last_success_at)
  select $1, sha256(n::text::bytea), now() - case when n % 10 = 0 then interval '2 days' else interval '1 hour' end
  from generate_series(1, 20000) n`;

/** Two tokens of each session, every tenth session over for longer than it is kept. */
const fillSessions = `
  with made as (
    insert into sessions (user_id, expires_at)
    select $1, now() + case when n % 10 = 0 then interval '-2 days' else interval '30 days' end
    from generate_series(1, 20000) n returning id, expires_at
  )
  insert into refresh_tokens (token_hash, session_id, expires_at, used_at)
  select sha256((id::text || n)::bytea), id, expires_at, case when n = 1 then now() end from made, generate_series(1, 2) n`;

describe('on 100,000 todos', () => {
  let database: TestDatabase;
  let api: TestApi;
  let connection: pg.Client;
  let large: TestUser;
  let small: TestUser;
  let statements: Statement[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApi({ AUDIT_RETENTION_DAYS: '1' }, undefined, { database });
    const owners = await Promise.all(Array.from({ length: 5 }, () => api.newUser()));
    [large, small] = owners as [TestUser, TestUser];
    connection = new pg.Client({ connectionString: database.url });
    await connection.connect();
    await connection.query(fill, [large.id, small.id, owners.slice(2).map(({ id }) => id)]);
    await connection.query(fillEvents);
    await connection.query(fillKeys, [large.id]);
    await connection.query(fillSessions, [large.id]);
    await connection.query(fillNetworks, [large.id]);
    // Not only analyze: the inverted indexes keep new entries in a list of their own until then.
    await connection.query('vacuum analyze');
    api.knex.on('query', (statement: Statement) => statements.push(statement));
  });
  afterAll(async () => {
    await connection.end();
    await api.stop();
    await database.drop();
  });

  /** The statement inside of a function that is called, which a plan of the call says nothing of. */
  async function called(sql: string): Promise<string> {
    if (!sql.includes('remove_expired_todo_events')) return sql;
    const { rows } = await connection.query(
      "select prosrc as source from pg_proc where proname = 'remove_expired_todo_events'",
    );
    const [statement = ''] = /delete from[^;]*/.exec(rows[0].source) ?? [];
    expect(statement).toContain('todo_events');
    return statement.replace('-days', '-$1::integer').replace('at_most', '$2');
  }

  /** Plans of the statements that ran during an action, explained with the very text and values. */
  async function plansOf(action: () => Promise<unknown>): Promise<PlanNode[][]> {
    statements = [];
    await action();
    const ran = statements.filter(({ sql }) =>
      /\btodo|todo_events|idempotency|\bsessions\b|known_networks/.test(sql),
    );
    expect(ran.length).toBeGreaterThan(0);
    const plans: PlanNode[][] = [];
    for (const { sql: asked, bindings, isPrepared } of ran) {
      const sql = await called(asked);
      const explained = await connection.query(`explain (format json) ${sql}`, [...bindings]);
      const forAllValues =
        isPrepared && (await connection.query(`explain (generic_plan, format json) ${sql}`));
      for (const { rows } of [explained, ...(forAllValues ? [forAllValues] : [])])
        plans.push(nodes(rows[0]['QUERY PLAN'][0].Plan));
    }
    return plans;
  }

  const scanned = (plan: readonly PlanNode[]) =>
    plan.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
  const sorted = (plan: readonly PlanNode[]) => plan.some((node) => node['Node Type'].endsWith('Sort'));

  /** The first page of a list and the one after it. */
  async function pages(path: string, { token }: TestUser): Promise<void> {
    const { status, body } = await api.send('GET', path, { token });
    expect(status).toBe(200);
    const cursor = body['next_cursor'];
    if (cursor !== null)
      expect((await api.send('GET', `${path}&cursor=${cursor}`, { token })).status).toBe(200);
  }

  const inThePast = '2026-01-01T00:00:00Z';
  const soon = () => new Date(Date.now() + 3_600_000).toISOString();
  const later = () => new Date(Date.now() + 30 * 86_400_000).toISOString();

  /** Each filter of the list alone, and together where their indexes compete. */
  const filters: readonly (readonly [string, () => string])[] = [
    ['no filter', () => ''],
    ['status', () => 'status=open'],
    ['priority', () => 'priority=urgent'],
    ['status and priority', () => 'status=done&priority=low'],
    ['a frequent label', () => 'label=often'],
    ['a rare label', () => 'label=seldom'],
    ['a label that nobody uses', () => 'label=never'],
    ['due soon', () => `due_before=${soon()}`],
    ['due long ago', () => `due_before=${inThePast}`],
    ['due later', () => `due_after=${later()}`],
    ['due between', () => `due_after=${soon()}&due_before=${later()}`],
    ['a frequent word', () => 'q=common'],
    ['a rare word', () => 'q=rare'],
    ['a word that nobody uses', () => 'q=never+'],
    ['the beginning of words', () => 'q=com'],
    ['two words and a phrase', () => 'q=word7+%22todo+7%22+'],
    ['what a word excludes', () => 'q=-common'],
    ['no words at all', () => 'q=%26'],
    ['a word and a status', () => 'q=rare&status=open'],
    ['a word and a label', () => 'q=rare&label=seldom'],
    [
      'everything',
      () => `q=todo&status=open&priority=high&label=often&due_after=${inThePast}&due_before=${later()}`,
    ],
  ];

  const cases = filters.flatMap(([name, filter]) =>
    (['exclude', 'only'] as const).map((deleted) => ({ name, filter, deleted })),
  );

  test.each(cases)(
    'no list with $name, deleted=$deleted, scans all todos, in any sort',
    async ({ filter, deleted }) => {
      for (const order of sorts.options) {
        for (const user of [large, small]) {
          const path = `/v1/todos?sort=${order}&deleted=${deleted}&${filter()}`;
          for (const plan of await plansOf(() => pages(path, user))) {
            expect({ path, scanned: scanned(plan) }).toEqual({ path, scanned: [] });
          }
        }
      }
    },
  );

  test('a scan would be seen: nothing finds a todo by its title alone', async () => {
    const [plan = []] = await plansOf(() => api.knex('todos').where({ title: 'x' }).select('id'));
    expect(scanned(plan)).toEqual(['todos']);
  });

  /** Read in the order of an index, so that a page costs the same however many todos there are. */
  const ordered: readonly [string, readonly Sort[]][] = [
    ['deleted=exclude', sorts.options],
    ['deleted=exclude&status=open', ['created_at', '-created_at']],
    ['deleted=only', ['created_at', '-created_at']],
  ];
  test.each(ordered)('the list with %s is not sorted first by %j', async (query, orders) => {
    for (const order of orders) {
      const path = `/v1/todos?sort=${order}&${query}`;
      for (const plan of await plansOf(() => pages(path, large)))
        expect({ path, sorted: sorted(plan) }).toEqual({ path, sorted: false });
    }
  });

  test('a history is read in the order of its index', async () => {
    const { body } = await api.send<{ items: { id: string }[] }>('GET', '/v1/todos?limit=1', {
      token: large.token,
    });
    const path = `/v1/todos/${body.items[0]?.id}/history?limit=1`;
    for (const plan of await plansOf(() => pages(path, large))) {
      expect({ scanned: scanned(plan), sorted: sorted(plan) }).toEqual({ scanned: [], sorted: false });
    }
  });

  test.each(maintenanceJobs({ AUDIT_RETENTION_DAYS: 1, IDEMPOTENCY_HOURS: 1, KNOWN_NETWORK_DAYS: 1 }))(
    '$name finds what is old by an index, and sorts nothing',
    async ({ run }) => {
      for (const plan of await plansOf(() => run(api.knex, 1000)))
        expect({ scanned: scanned(plan), sorted: sorted(plan) }).toEqual({ scanned: [], sorted: false });
    },
  );
});

/** Such a plan is kept while the table grows, until PostgreSQL analyses it. */
test('on an empty table prepared statements are planned for a large one', async () => {
  await using api = await startApi();
  const { token } = await api.newUser();
  const { body: todo } = await api.send<{ id: string }>('POST', '/v1/todos', { token, json: { title: 'x' } });
  const statements: Statement[] = [];
  api.knex.on('query', (statement: Statement) => statements.push(statement));
  const one = `/v1/todos/${todo.id}`;
  const requests = [
    ...[['GET', one] as const, ['DELETE', one] as const, ['POST', `${one}/restore`] as const],
    ...sorts.options.map((order) => ['GET', `/v1/todos?limit=1&sort=${order}`] as const),
  ];
  let prepared: Statement[] = [];
  // The first ones may come before the connections are open.
  await eventually(async () => {
    statements.length = 0;
    for (const [method, path] of requests)
      expect((await api.send(method, path, { token })).status).toBeLessThan(300);
    prepared = statements.filter(({ isPrepared }) => isPrepared);
    return prepared.length === requests.length;
  });

  const { rows: indexes } = await api.knex.raw(`select indexrelid::regclass::text as name from pg_index
    where indrelid = 'todos'::regclass`);
  const known = indexes.map(({ name }: { name: string }) => name);
  const connection = new pg.Client({ connectionString: api.database.url, options: plannerOptions });
  await connection.connect();
  try {
    for (const { sql } of prepared) {
      const { rows } = await connection.query(`explain (generic_plan, format json) ${sql}`);
      const plan = nodes(rows[0]['QUERY PLAN'][0].Plan) as (PlanNode & { readonly 'Index Name'?: string })[];
      const used = new Set(plan.flatMap((node) => node['Index Name'] ?? []));
      // A write looks at its session as well, which has one index to be found by.
      expect(used.delete('sessions_pkey')).toBe(/^\/\* todos\.(delete|restore)/.test(sql));
      expect(used.size).toBe(1);
      expect(known).toEqual(expect.arrayContaining([...used]));
      // A write finds its todo twice: to lock it, and to write it.
      if (!sql.startsWith('/* todos.list')) expect([...used]).toEqual(['todos_pkey']);
      expect(plan.filter((node) => /Seq Scan|Sort|Bitmap/.test(node['Node Type']))).toEqual([]);
    }
  } finally {
    await connection.end();
  }
});
