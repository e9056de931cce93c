import { AsyncLocalStorage } from 'node:async_hooks';
import PostgresClient, { type Statement } from 'knex/lib/dialects/postgres/index.js';
import { currentRequest } from '../telemetry/request-context.ts';
import { driver } from './driver.ts';
import type { StatementName } from './statement-names.ts';

/** Called with the answer to a statement, or with what came in its place. */
export type Answered = (durationMs: number, error?: unknown) => void;

/** Someone who wants to know what the database is asked, such as a metric. May not throw. */
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

const naming = new AsyncLocalStorage<StatementName>();

/** What knex sends around the statements of a transaction. */
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

/**
 * knex's client of PostgreSQL, which puts the name of each statement before it, adds its time to the request that
 * it belongs to, and tells the listeners. A class of its own for each database, since knex makes the clients of
 * transactions from the class alone.
 */
export function observedClient(listeners: readonly StatementListener[]): typeof PostgresClient {
  function queued(startedAt: number, error?: unknown): void {
    const waitMs = performance.now() - startedAt;
    const request = currentRequest();
    if (request) request.queueMs += waitMs;
    for (const listener of listeners) listener.queued?.(waitMs, error);
  }

  return class extends PostgresClient {
    override _driver(): unknown {
      return driver;
    }

    override async acquireConnection(): Promise<unknown> {
      const startedAt = performance.now();
      try {
        const connection = await super.acquireConnection();
        queued(startedAt);
        return connection;
      } catch (error) {
        queued(startedAt, error);
        throw error;
      }
    }

    override async _query(connection: unknown, statement: Statement): Promise<Statement> {
      const name = nameOf(statement.sql);
      // Kept: by the time of the answer the request may be another one's.
      const request = currentRequest();
      const answered = listeners.map((listener) => listener.sent?.(name));
      const startedAt = performance.now();
      const end = (error?: unknown) => {
        const durationMs = performance.now() - startedAt;
        if (request) {
          request.databaseMs += durationMs;
          request.statements += 1;
        }
        for (const tell of answered) tell?.(durationMs, error);
      };
      try {
        // Visible in pg_stat_activity and in PostgreSQL's own log, and the same each time.
        statement.sql = `/* ${name} */ ${statement.sql}`;
        const done = await super._query(connection, statement);
        end();
        return done;
      } catch (error) {
        end(error);
        throw error;
      }
    }
  };
}
