/** The part of knex's PostgreSQL client that `database/` extends; knex ships no types of it. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import { Knex } from 'knex';

  /** A compiled statement on its way; knex adds the answer to it. */
  export interface Statement {
    sql: string;
    readonly bindings?: readonly unknown[];
  }

  export default class PostgresClient extends Knex.Client {
    /** The driver that makes connections: the package pg. */
    _driver(): unknown;
    /** Whether the client is that of a transaction. */
    readonly transacting?: boolean;
    /** Sends a statement, and settles when its answer is there. */
    _query(connection: unknown, statement: Statement): Promise<Statement>;
  }
}
