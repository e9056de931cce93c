import { AsyncLocalStorage } from 'node:async_hooks';
import type { StatementName } from '@sightline/contract/database.ts';
import PostgresClient, { type Statement } from 'knex/lib/dialects/postgres/index.js';
import type { Log } from '../telemetry/log.ts';
import { currentRequest } from '../telemetry/request-context.ts';
import { driver } from './driver.ts';
import { isReadTimeout } from './errors.ts';

/** Called with the answer to a statement, or with what came in its place. */
export type Answered = (durationMs: number, error?: unknown) => void;

/** Someone who wants to know what the database is asked, such as a metric. What it throws concerns nobody else. */
export interface StatementListener {
  /**
   * Someone got a connection, or didn't; those in a transaction have one and don't ask again.
   * @param waitMs milliseconds in the queue of the pool, the opening of a new connection included
   */
  queued?(waitMs: number, error?: unknown): void;
  /**
   * A statement goes out.
   * @returns what to call when it is over, which happens exactly once whatever becomes of it
   */
  sent?(name: StatementName): Answered | undefined;
}

/** A statement that went out. */
export interface StatementWatch {
  /** Has to be called once, when it is answered, or when that is no longer to be expected. */
  over(error?: unknown): void;
}

/** Adds what statements cost to the request that they belong to, and tells the listeners. */
export interface StatementsUnderWatch {
  queued(waitMs: number, error?: unknown): void;
  /** @param now milliseconds of `performance.now()` */
  sent(name: StatementName, now: number): StatementWatch;
}

class SentStatement implements StatementWatch {
  readonly #startedAt: number;
  // Kept: by the time of the answer the request may be another one's.
  readonly #request = currentRequest();
  readonly #answered: readonly (Answered | undefined)[];
  readonly #log: Log;

  constructor(name: StatementName, now: number, listeners: readonly StatementListener[], log: Log) {
    this.#startedAt = now;
    this.#log = log;
    this.#answered = listeners.map((listener) => {
      try {
        return listener.sent?.(name);
      } catch (error) {
        log.escaped('statement_listener', error);
        return undefined;
      }
    });
  }

  over(error?: unknown): void {
    const durationMs = performance.now() - this.#startedAt;
    const request = this.#request;
    if (request) {
      request.databaseMs += durationMs;
      request.statements += 1;
    }
    // Often called from the socket of the database, above which nobody catches.
    for (const tell of this.#answered) {
      try {
        tell?.(durationMs, error);
      } catch (failure) {
        this.#log.escaped('statement_listener', failure);
      }
    }
  }
}

export const watchStatements = (listeners: readonly StatementListener[], log: Log): StatementsUnderWatch => ({
  queued(waitMs, error) {
    const request = currentRequest();
    if (request) request.queueMs += waitMs;
    for (const listener of listeners) {
      try {
        listener.queued?.(waitMs, error);
      } catch (failure) {
        log.escaped('statement_listener', failure);
      }
    }
  },
  sent: (name, now) => new SentStatement(name, now, listeners, log),
});

/** A pg connection has this from knex: its id, and the reason for not using it again. */
export interface PooledConnection {
  readonly __knexUid: string;
  __knex__disposed?: unknown;
}

const naming = new AsyncLocalStorage<StatementName>();

/** How each statement begins that knex sends around those of a transaction. */
const ofTransaction = /^(begin|commit|rollback|savepoint|release)\b/i;

/**
 * Names the statements that `work` sends, also those that it sends later on. A name given inside goes before.
 * @returns what `work` gives
 */
export function named<Result>(
  name: Exclude<StatementName, 'transaction' | 'other'>,
  work: () => PromiseLike<Result>,
): Promise<Result> {
  // Awaited in here, since a query is built first and sent when somebody waits for it.
  return naming.run(name, async () => await work());
}

const nameOf = (sql: string): StatementName =>
  ofTransaction.test(sql) ? 'transaction' : (naming.getStore() ?? 'other');

/** Sends a statement in a transaction of its own. */
async function sendAlone(
  statement: Statement,
  send: (statement: Statement) => Promise<Statement>,
  begin: string,
  connection: PooledConnection,
): Promise<Statement> {
  try {
    await send({ sql: begin });
    const done = await send(statement);
    await send({ sql: 'commit' });
    return done;
  } catch (error) {
    // After a read timeout it would wait for the statement, and the pool drops that connection anyway.
    if (!isReadTimeout(error))
      await send({ sql: 'rollback' }).catch((failure: unknown) => {
        connection.__knex__disposed = failure;
      });
    throw error;
  }
}

/**
 * knex's client of PostgreSQL, which puts the name of each statement before it and watches it. A class of its own for
 * each database, since knex makes the clients of transactions from the class alone.
 * @param begin begins a transaction, with the settings that it needs. Given, each statement outside of one gets its own.
 */
export function observedClient(watch: StatementsUnderWatch, begin?: string): typeof PostgresClient {
  return class extends PostgresClient {
    override _driver(): unknown {
      return driver;
    }

    override async acquireConnection(): Promise<unknown> {
      const startedAt = performance.now();
      try {
        const connection = await super.acquireConnection();
        watch.queued(performance.now() - startedAt);
        return connection;
      } catch (error) {
        watch.queued(performance.now() - startedAt, error);
        throw error;
      }
    }

    override async _query(connection: unknown, statement: Statement): Promise<Statement> {
      const name = nameOf(statement.sql);
      const sent = watch.sent(name, performance.now());
      try {
        // Visible in pg_stat_activity and in PostgreSQL's own log, and the same each time.
        statement.sql = `/* ${name} */ ${statement.sql}`;
        const send = (next: Statement) => super._query(connection, next);
        if (begin !== undefined && this.transacting)
          statement.sql = statement.sql.replace(/\bBEGIN;$/, begin);
        const done =
          begin !== undefined && !this.transacting
            ? await sendAlone(statement, send, begin, connection as PooledConnection)
            : await send(statement);
        sent.over();
        return done;
      } catch (error) {
        sent.over(error);
        throw error;
      }
    }
  };
}
