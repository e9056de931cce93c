import knex, { type Knex } from 'knex';
import pg from 'pg';
import type { Config } from '../config.ts';
import type { Log } from '../telemetry/log.ts';
import { isReadTimeout } from './errors.ts';
import { databasePassword } from './password.ts';
import { minConnections, Pipeline, pipelinedConnections } from './pipeline.ts';
import {
  observedClient,
  type PooledConnection,
  type StatementListener,
  watchStatements,
} from './statements.ts';

/** How much longer than PostgreSQL itself the client waits for a statement, in milliseconds. */
const clientPatienceMs = 500;

/**
 * `2026-11-21 10:07:00.123456+00` to RFC 3339, all digits kept: keyset cursors and If-Match need the exact value,
 * and JavaScript's Date holds milliseconds only. A list has eighty of them.
 */
function toRfc3339(timestamp: string): string {
  return timestamp.endsWith('+00') ? `${timestamp.slice(0, 10)}T${timestamp.slice(11, -3)}Z` : timestamp;
}

/** The type `text[]`, which pg-types has no name for (PostgreSQL's pg_type.dat). */
const textArrayOid = 1009;
const anyTextArray = pg.types.getTypeParser(textArrayOid as never, 'text') as (array: string) => string[];

/** `{a,b}`; what needs quotes goes to pg's parser, which goes through each character. */
function textArray(array: string): string[] {
  if (array === '{}') return [];
  return /["\\{]|NULL/i.test(array.slice(1)) ? anyTextArray(array) : array.slice(1, -1).split(',');
}

/** pg's parsers, but for these two. */
const types = {
  getTypeParser(oid: number, format?: string) {
    if (oid === pg.types.builtins.TIMESTAMPTZ) return toRfc3339;
    return oid === textArrayOid ? textArray : pg.types.getTypeParser(oid, format as 'text');
  },
};

function tls({ DATABASE_TLS, DATABASE_TLS_CA_FILE }: Config) {
  if (DATABASE_TLS === 'disable') return false;
  if (DATABASE_TLS === 'require') return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, ...(DATABASE_TLS_CA_FILE && { ca: DATABASE_TLS_CA_FILE }) };
}

/**
 * knex gives a connection back to the pool after pg stopped waiting for it, although the statement still runs
 * there and the next one would queue behind it. This marks such a connection, as knex itself marks broken ones.
 */
function discardBusyConnections(database: Knex): void {
  const connections = new Map<string, PooledConnection>();
  const { pool } = database.client;
  pool.on('createSuccess', (_id: number, made: PooledConnection) => connections.set(made.__knexUid, made));
  pool.on('destroySuccess', (_id: number, gone: PooledConnection) => connections.delete(gone.__knexUid));
  database.on('query-error', (error: unknown, { __knexUid: id }: PooledConnection) => {
    const connection = connections.get(id);
    if (connection && isReadTimeout(error)) connection.__knex__disposed = error;
  });
}

const pipelines = new WeakMap<Knex, Pipeline>();

/** Gives a database its pipeline, which ends when the database does. */
function addPipeline(knex: Knex, pipeline: Pipeline): void {
  pipelines.set(knex, pipeline);
  const { client } = knex;
  const destroyPool = client.destroy.bind(client);
  client.destroy = async (done: unknown) => {
    await pipeline.close();
    await destroyPool(done);
  };
}

/** The pipeline of a database; `undefined` for that of a transaction. */
export const pipelineOf = (knex: Knex): Pipeline | undefined => pipelines.get(knex);

/**
 * Has PostgreSQL write times in UTC, and end what takes too long. A connection says so when it starts; behind a pooler of
 * transactions, where none is ours for longer, each transaction does.
 */
function serverSettings(config: Config): { options?: string; begin?: string } {
  const settings = Object.entries({
    TimeZone: 'UTC',
    DateStyle: 'ISO',
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.DATABASE_IDLE_TIMEOUT_MS,
  });
  return config.DATABASE_PIPELINE === 'on'
    ? { options: settings.map(([name, value]) => `-c ${name}=${value}`).join(' ') }
    : { begin: `begin${settings.map(([name, value]) => `; set local ${name} = '${value}'`).join('')}` };
}

/**
 * Makes the connection pool and the pipelined connections, which are among the DATABASE_POOL_MAX. It opens no
 * connection before the first statement.
 * @param listeners told of each statement
 */
export function openDatabase(config: Config, log: Log, listeners: readonly StatementListener[] = []): Knex {
  const say = (text: unknown) => log.write('database-driver', { 'event.reason': String(text) });
  const watch = watchStatements(listeners, log);
  const patienceMs = config.DATABASE_STATEMENT_TIMEOUT_MS + clientPatienceMs;
  const isPipelined = config.DATABASE_PIPELINE === 'on' && config.DATABASE_POOL_MAX >= minConnections;
  const pipelined = isPipelined ? pipelinedConnections : 0;
  const { options, begin } = serverSettings(config);
  const connection = {
    ...config.DATABASE_URL,
    password: databasePassword(config),
    ssl: tls(config),
    types,
    application_name: 'todo-api',
    ...(options !== undefined && { options }),
    connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
  const database = knex({
    client: observedClient(watch, begin),
    // Asking the server for it would cost the first request a round trip.
    version: '18',
    connection: { ...connection, query_timeout: patienceMs },
    pool: {
      min: 0,
      max: config.DATABASE_POOL_MAX - pipelined,
      idleTimeoutMillis: config.DATABASE_IDLE_TIMEOUT_MS,
    },
    // knex puts the statement before the message of an error; this keeps its values out of there.
    compileSqlOnError: false,
    acquireConnectionTimeout: config.DATABASE_CONNECT_TIMEOUT_MS,
    // knex would write these to the console, beside the log.
    log: {
      warn: say,
      error: say,
      deprecate: (method, alternative) => say(`${method} is deprecated; use ${alternative}`),
      debug: () => {},
    },
  });
  discardBusyConnections(database);
  addPipeline(database, new Pipeline(pipelined, { connection, patienceMs, watch }));
  return database;
}
