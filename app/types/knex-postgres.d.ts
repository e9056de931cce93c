/** The part of knex's PostgreSQL client that `database/` extends; knex ships no types of it. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import { Knex } from 'knex';

  /** A compiled statement on its way; knex adds the answer to it. */
  export interface Statement {
    sql: string;
    readonly bindings?: readonly unknown[];
  }

  export default class PostgresClient extends Knex.Client {
    /** pg, whose `Client` makes the connections. */
    _driver(): unknown;
    /** Whether it is the client of a transaction. */
    readonly transacting?: boolean;
    /** Sends a statement, and settles when its answer is there. */
    _query(connection: unknown, statement: Statement): Promise<Statement>;
  }
}
