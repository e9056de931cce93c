/** The data that all variants meet: one user with todos, and other users with as many. */
import { randomUUID } from 'node:crypto';
import { startProcess } from '@sightline/testkit/process.ts';
import pg from 'pg';

const todosOfAUser = 1000;
const otherUsers = 20;
/** How many todos are read one by one, in turn. */
const readOnes = 100;

const things = [
  ...['the certificate of the mail server', 'the runbook for slow queries', 'the error budget'],
  ...['last night’s backup', 'the signing keys', 'the invoice of November', 'a room for the retrospective'],
  ...['the flaky test of the importer', 'the dashboards of the new region', 'tickets for Zürich'],
];
const verbs = ['Renew', 'Write', 'Review', 'Restore', 'Rotate', 'Pay', 'Book', 'Mend', 'Look at', 'Cancel'];
const sentences = [
  'Before Friday, since the auditors come on Monday. ',
  'Anna knows where the old one is. ',
  'The last time it took an hour, most of it waiting. ',
  'See the notes of the meeting; nobody has looked at it since. ',
];
const labels = ['operations', 'security', 'docs', 'home', 'money', 'observability', 'travel'];
const priorities = ['normal', 'low', 'normal', 'high', 'normal', 'urgent'];
const statuses = ['open', 'done', 'open', 'in_progress', 'done'];

const pick = <One>(from: readonly One[], n: number): One | undefined => from[n % from.length];

/** The n-th todo, the same each time. */
function todo(n: number) {
  const created = Date.UTC(2026, 0, 1) + n * 7_919_000;
  const status = pick(statuses, n);
  const time = (ms: number) =>
    new Date(ms).toISOString().replace('Z', `${String(n % 1000).padStart(3, '0')}Z`);
  return {
    title: `${pick(verbs, n)} ${pick(things, Math.floor(n / 10) + n)}`,
    description:
      n % 3 === 0
        ? null
        : sentences
            .slice(0, 1 + (n % sentences.length))
            .join('')
            .trim(),
    status,
    priority: pick(priorities, n),
    labels: labels.slice(n % 7, (n % 7) + (n % 4)),
    due_at: n % 2 === 0 ? null : new Date(created + 864_000_000).toISOString(),
    created_at: time(created),
    updated_at: time(created + 3_600_000),
    completed_at: status === 'done' ? time(created + 3_600_000) : null,
  };
}

/** A database with its data. */
export interface Seeded {
  readonly ownerId: string;
  /** Ids of the todos to read one by one. */
  readonly ids: readonly string[];
  /** The version of PostgreSQL, whether it waits for the disk, and one of its processes. */
  readonly server: { readonly version: string; readonly durable: boolean; readonly backend: number };
  /** Removes what was created since, and what it left in the tables and indexes. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Migrates an empty database and fills it.
 * @throws Error when the migration fails, or PostgreSQL's
 */
export async function seed(databaseUrl: string): Promise<Seeded> {
  const migration = startProcess('database/migrate.ts', { DATABASE_URL: databaseUrl });
  if ((await migration.ended) !== 0) throw new Error(`The migration failed: ${migration.output()}`);
  const client = new pg.Client({ connectionString: databaseUrl });
  // The next statement fails then, and says so.
  client.on('error', () => {});
  await client.connect();
  const ownerId = randomUUID();
  const owners = [ownerId, ...Array.from({ length: otherUsers }, () => randomUUID())];
  await client.query(
    `insert into users (id, email, name, password_hash)
     select id, id || '@example.com', 'A User', '' from unnest($1::uuid[]) as owner (id)`,
    [owners],
  );
  const todos = Array.from({ length: todosOfAUser }, (_, n) => todo(n));
  await client.query(
    `insert into todos (owner_id, title, description, status, priority, labels, due_at, created_at, updated_at, completed_at)
     select owner, title, description, status, priority, labels, due_at, created_at, updated_at, completed_at
     from unnest($1::uuid[]) as owner, jsonb_to_recordset($2) as todo (
       title text, description text, status todo_status, priority todo_priority, labels text[], due_at timestamptz,
       created_at timestamptz, updated_at timestamptz, completed_at timestamptz
     )`,
    [owners, JSON.stringify(todos)],
  );
  // It would come in the middle of a measurement, of whichever variant; reset does its work in between.
  for (const table of ['todos', 'todo_events'])
    await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
  await client.query('vacuum (analyze) users, todos, todo_events');
  const seeded = await client.query<{ id: string }>(
    `select id from todos where owner_id = $1 order by created_at desc limit ${readOnes}`,
    [ownerId],
  );
  const said = await client.query<Seeded['server']>(
    `select current_setting('server_version') as version, pg_backend_pid() as backend,
       current_setting('fsync')::boolean and current_setting('synchronous_commit') <> 'off' as durable`,
  );
  const [server] = said.rows;
  if (server === undefined) throw new Error('PostgreSQL says nothing of itself.');
  return {
    ownerId,
    ids: seeded.rows.map(({ id }) => id),
    server,
    async reset() {
      await client.query('delete from todos where owner_id = $1 and created_at > $2', [
        ownerId,
        pick(todos, todosOfAUser - 1)?.created_at,
      ]);
      await client.query('vacuum todos, todo_events');
    },
    close: () => client.end(),
  };
}
