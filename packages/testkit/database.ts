import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { eventually } from './eventually.ts';

/** A database of a test file's own, on the server that ci started for the whole run. */
export interface TestDatabase {
  /** For its owner, as migrations log in. */
  readonly url: string;
  /** For the role of the service, which may do what a migration has given it. */
  readonly serviceUrl: string;
  drop(): Promise<void>;
}

/** Runs SQL on a database, by a connection of its own, and returns the rows. */
export async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Several statements have a result each.
    return (await client.query(sql)).rows ?? [];
  } finally {
    await client.end();
  }
}

function serverUrl(
  variable: 'TEST_DATABASE_URL' | 'TEST_DATABASE_SERVICE_URL' = 'TEST_DATABASE_URL',
): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: run the tests by \`make test\`, or jest from the root.`);
  return url;
}

const named = (url: string, database: string) =>
  Object.assign(new URL(url), { pathname: `/${database}` }).href;

/** A database that others are copied from, made once for all test files of a run. */
export interface DatabaseTemplate {
  /** Letters, digits and `_` only. */
  readonly name: string;
  /** Fills it, and leaves no connection to it. */
  fill(url: string): Promise<void>;
}

/** @param template unset: the database is empty */
export async function createTestDatabase(template?: DatabaseTemplate): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  if (template !== undefined) await makeOnce(template);
  await query(
    serverUrl(),
    `create database ${name}${template === undefined ? '' : ` template ${template.name}`}`,
  );
  // Refused while PostgreSQL's own vacuum happens to look at the database; that takes moments.
  const drop = () =>
    eventually(async () => {
      await query(serverUrl(), `drop database if exists ${name} with (force)`);
      return true;
    });
  return {
    url: named(serverUrl(), name),
    get serviceUrl() {
      return named(serverUrl('TEST_DATABASE_SERVICE_URL'), name);
    },
    drop,
  };
}

/** One test file makes the template, and the others wait for it. */
async function makeOnce({ name, fill }: DatabaseTemplate): Promise<void> {
  const exists = `select from pg_database where datname = '${name}'`;
  if ((await query(serverUrl(), exists)).length > 0) return;
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('${name}'))`);
    if ((await client.query(exists)).rowCount !== 0) return;
    const unfinished = `${name}_unfinished`;
    await client.query(`drop database if exists ${unfinished}`);
    await client.query(`create database ${unfinished}`);
    await fill(named(serverUrl(), unfinished));
    // A connection that was closed may be there for another moment.
    await eventually(() => client.query(`alter database ${unfinished} rename to ${name}`).then(() => true));
  } finally {
    await client.end();
  }
}
