import { readFileSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';

/** How much longer than PostgreSQL itself the client waits for a statement, in milliseconds. */
const clientPatienceMs = 500;

/**
 * `2026-11-21 10:07:00.123456+00` to RFC 3339, all digits kept: keyset cursors and If-Match need the exact value,
 * and JavaScript's Date holds milliseconds only.
 */
function toRfc3339(timestamp: string): string {
  return timestamp.replace(' ', 'T').replace(/\+00$/, 'Z');
}

/** pg's parsers, with timestamps as text. */
const types = {
  getTypeParser: (oid: number, format: string) =>
    oid === pg.types.builtins.TIMESTAMPTZ ? toRfc3339 : pg.types.getTypeParser(oid, format as 'text'),
};

function tls({ DATABASE_TLS, DATABASE_TLS_CA_FILE }: Config) {
  if (DATABASE_TLS === 'disable') return false;
  if (DATABASE_TLS === 'require') return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ...(DATABASE_TLS_CA_FILE && { ca: readFileSync(DATABASE_TLS_CA_FILE, 'utf8') }),
  };
}

/** Makes the connection pool. It opens no connection before the first statement. */
export function openDatabase(config: Config, log: Logger): Knex {
  const pool = log.child({ component: 'database' });
  return knex({
    client: 'pg',
    connection: {
      ...config.DATABASE_URL,
      ssl: tls(config),
      types,
      application_name: 'todo-api',
      options: '-c TimeZone=UTC -c DateStyle=ISO',
      connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT_MS,
      statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
      query_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS + clientPatienceMs,
      idle_in_transaction_session_timeout: config.DATABASE_IDLE_TIMEOUT_MS,
      keepAlive: true,
    },
    pool: {
      min: 0,
      max: config.DATABASE_POOL_MAX,
      idleTimeoutMillis: config.DATABASE_IDLE_TIMEOUT_MS,
    },
    acquireConnectionTimeout: config.DATABASE_CONNECT_TIMEOUT_MS,
    // knex would write these to the console, beside the log.
    log: {
      warn: (message) => pool.warn(String(message)),
      error: (message) => pool.error(String(message)),
      deprecate: (method, alternative) => pool.warn(`${method} is deprecated; use ${alternative}`),
      debug: (message) => pool.debug(String(message)),
    },
  });
}
