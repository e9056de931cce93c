/** The data that all variants meet: one user with todos, and other users with as many. */
import { randomUUID } from 'node:crypto';
import { startProcess } from '@sightline/testkit/process.ts';
import pg from 'pg';

const todosOfAUser = 1000;
const otherUsers = 20;
/** Todos of each of many users: a page of a list, and that it goes on. */
const todosOfEach = 21;
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

/** A user with todos to read one by one. */
export interface SeededUser {
  readonly userId: string;
  /** A session of theirs, for an access token that may write. */
  readonly sessionId: string;
  readonly ids: readonly string[];
}

/** A database with its data. */
export interface Seeded {
  /** The user whose todos are read by those who ask nobody who they are. */
  readonly owner: SeededUser;
  /** Many users, where they were asked for. */
  readonly crowd: readonly SeededUser[];
  /** The version of PostgreSQL, whether it waits for the disk, and one of its processes. */
  readonly server: { readonly version: string; readonly durable: boolean; readonly backend: number };
  /** Removes what was created since, and what it left in the tables and indexes. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Makes users with the first so many of the todos each, and gives `readOnes` of these, the newest first. */
async function addUsers(client: pg.Client, users: number, todos: number): Promise<SeededUser[]> {
  const ids = Array.from({ length: users }, () => randomUUID());
  await client.query(
    `insert into users (id, email, name, password_hash)
     select id, id || '@example.com', 'A User', '' from unnest($1::uuid[]) as owner (id)`,
    [ids],
  );
  await client.query(
    `insert into todos (owner_id, title, description, status, priority, labels, due_at, created_at, updated_at, completed_at)
     select owner, title, description, status, priority, labels, due_at, created_at, updated_at, completed_at
     from unnest($1::uuid[]) as owner, jsonb_to_recordset($2) as todo (
       title text, description text, status todo_status, priority todo_priority, labels text[], due_at timestamptz,
       created_at timestamptz, updated_at timestamptz, completed_at timestamptz
     )`,
    [ids, JSON.stringify(Array.from({ length: todos }, (_, n) => todo(n)))],
  );
  const { rows } = await client.query<SeededUser>(
    `with session as (
       insert into sessions (user_id, expires_at)
       select id, now() + interval '1 day' from unnest($1::uuid[]) as owner (id) returning id, user_id
     )
     select user_id as "userId", id as "sessionId", array(
       select todos.id from todos where owner_id = user_id order by created_at desc limit ${readOnes}
     ) as ids from session`,
    [ids],
  );
  return rows;
}

/**
 * Migrates an empty database and fills it.
 * @param crowd how many users there are beside those that are always there
 * @throws Error when the migration fails, or PostgreSQL's
 */
export async function seed(databaseUrl: string, crowd = 0): Promise<Seeded> {
  const migration = startProcess('database/migrate.ts', { DATABASE_URL: databaseUrl });
  if ((await migration.ended) !== 0) throw new Error(`The migration failed: ${migration.output()}`);
  const client = new pg.Client({ connectionString: databaseUrl });
  // The next statement fails then, and says so.
  client.on('error', () => {});
  await client.connect();
  const [owner] = await addUsers(client, 1 + otherUsers, todosOfAUser);
  if (owner === undefined) throw new Error('PostgreSQL keeps no users.');
  const many = await addUsers(client, crowd, todosOfEach);
  // It would come in the middle of a measurement, of whichever variant; reset does its work in between.
  for (const table of ['todos', 'todo_events'])
    await client.query(`alter table ${table} set (autovacuum_enabled = off)`);
  await client.query('vacuum (analyze) users, sessions, todos, todo_events');
  const said = await client.query<Seeded['server']>(
    `select current_setting('server_version') as version, pg_backend_pid() as backend,
       current_setting('fsync')::boolean and current_setting('synchronous_commit') <> 'off' as durable`,
  );
  const [server] = said.rows;
  if (server === undefined) throw new Error('PostgreSQL says nothing of itself.');
  return {
    owner,
    crowd: many.map(({ ids, ...user }) => ({ ...user, ids: ids.slice(0, 1) })),
    server,
    async reset() {
      await client.query('delete from todos where created_at > $1', [todo(todosOfAUser - 1).created_at]);
      await client.query('vacuum todos, todo_events');
    },
    close: () => client.end(),
  };
}
