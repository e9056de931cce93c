/** Connections to PostgreSQL, for this program and for those of PostgreSQL itself. */
import { readFileSync } from 'node:fs';
import type { DatabaseAddress } from '@sightline/settings/kinds.ts';
import pg from 'pg';
import { StorageError } from './outcome.ts';
import { reasonOf } from './reason.ts';
import type { Values } from './settings.ts';

/** Where a database is, and how to get there. */
export interface Database extends DatabaseAddress {
  readonly tls: 'disable' | 'require' | 'verify-full';
  /** Path of a PEM file; empty: those of the system. */
  readonly authorities: string;
}

export const databaseOf = (
  settings: Values<'DATABASE_URL' | 'DATABASE_TLS' | 'DATABASE_TLS_CA_FILE'>,
): Database => ({
  ...settings.DATABASE_URL,
  tls: settings.DATABASE_TLS,
  authorities: settings.DATABASE_TLS_CA_FILE,
});

/** Without the password, for people. */
export const nameOf = ({ host, port, database }: DatabaseAddress) => `${host}:${port}/${database}`;

/**
 * The environment that libpq reads: the password is in no argument, which everybody on the machine can read.
 */
export const libpqEnvironment = ({
  host,
  port,
  database,
  user,
  password,
  tls,
  authorities,
}: Database): Record<string, string> => ({
  PGHOST: host,
  PGPORT: String(port),
  PGDATABASE: database,
  PGUSER: user,
  PGPASSWORD: password,
  PGSSLMODE: tls,
  ...(tls === 'verify-full' && { PGSSLROOTCERT: authorities || 'system' }),
  PGCONNECT_TIMEOUT: '10',
  PGAPPNAME: 'todo-api-backup',
});

/** So that the same row is the same text, whatever the server's or the role's settings are. */
const sameText =
  "set timezone to 'UTC'; set datestyle to iso; set intervalstyle to postgres; set extra_float_digits to 1; " +
  "set bytea_output to hex; set search_path to ''; set statement_timeout to 0; " +
  'set idle_in_transaction_session_timeout to 0; set lock_timeout to 60000';

function clientOf({ tls, authorities, ...address }: Database): pg.Client {
  const client = new pg.Client({
    ...address,
    application_name: 'todo-api-backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    ssl: tls !== 'disable' && {
      rejectUnauthorized: tls === 'verify-full',
      ...(authorities && { ca: readFileSync(authorities, 'utf8') }),
    },
  });
  // The next statement says so, too; without a listener the process would end here.
  client.on('error', () => {});
  return client;
}

/** How long a server process may take to end. */
const endMs = 3000;

/** Ends a connection at the server, which would else go on with its statement, and hold its locks, until it looks up. */
async function endAtServer(database: Database, { processID }: { processID?: number }): Promise<void> {
  const other = clientOf(database);
  try {
    await other.connect();
    await other.query('select pg_terminate_backend($1, $2)', [processID, endMs]);
  } finally {
    await other.end().catch(() => {});
  }
}

/**
 * Runs work on a connection of its own.
 * @param interrupted ends the connection, whatever the work does
 * @throws StorageError when there is no connection, and what the work throws
 */
export async function withConnection<Result>(
  database: Database,
  work: (client: pg.Client) => Promise<Result>,
  interrupted: AbortSignal = new AbortController().signal,
): Promise<Result> {
  interrupted.throwIfAborted();
  const client = clientOf(database);
  let ending = Promise.resolve();
  const end = () => {
    ending = endAtServer(database, client as { processID?: number }).catch(() => {});
  };
  try {
    await client.connect();
    await client.query(sameText);
  } catch (error) {
    await client.end().catch(() => {});
    throw new StorageError(`${nameOf(database)} can't be reached: ${reasonOf(error)}.`, { cause: error });
  }
  interrupted.addEventListener('abort', end, { once: true });
  try {
    interrupted.throwIfAborted();
    return await work(client);
  } finally {
    interrupted.removeEventListener('abort', end);
    await ending;
    await client.end().catch(() => {});
  }
}

/** Roles of PostgreSQL, and of RDS, whose members reach beyond their databases: programs and files of the server. */
const farReaching = [
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'rds_superuser',
];

/** The roles by which a connection may run programs or read files of the server: that it is, or may become. None is best. */
export async function farReachingRoles(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ rolname: string }>(
    `select rolname from pg_catalog.pg_roles where (rolsuper or rolname = any($1::text[]))
       and (pg_has_role(session_user, oid, 'MEMBER') or pg_has_role(current_user, oid, 'MEMBER')) order by 1`,
    [farReaching],
  );
  return rows.map(({ rolname }) => rolname);
}

/** `18.4` of `18.4 (Debian …)`. */
export async function serverVersion(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  return rows[0]?.server_version.split(' ')[0] ?? '';
}

/**
 * Whether the lock of a kind of run was free and is this connection's now. PostgreSQL gives it back when the
 * connection ends, however that is; it is one for each database.
 */
export async function takeLock(client: pg.Client, lock: number): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [lock]);
  return rows[0]?.taken === true;
}
