import type { StatementName } from '@sightline/contract/database.ts';
import type { Knex } from 'knex';
import { pipelineOf } from './connection.ts';
import { named } from './statements.ts';
import { connectionOf } from './transaction.ts';

/** A statement whose text is made once, and which PostgreSQL parses and plans once on each connection. */
export interface PreparedStatement {
  readonly name: Exclude<StatementName, 'transaction' | 'other'>;
  /** With `?` where values go, as knex takes it. */
  readonly sql: string;
  /** With `$1`, as PostgreSQL takes it, after a comment with its name. */
  readonly text: string;
  /** Unique among all; at most 63 bytes. */
  readonly key: string;
}

let prepared = 0;

/** Anything of knex or objection that can say what it compiles to. */
interface Compilable {
  toSQL(): { toNative(): { readonly sql: string }; readonly sql: string };
}

/**
 * Prepares a statement.
 * @param query a query with any values; those that are bound are given anew each time, in the order they stand in it
 */
export function prepare(name: PreparedStatement['name'], query: Compilable): PreparedStatement {
  prepared += 1;
  const compiled = query.toSQL();
  return {
    name,
    sql: compiled.sql,
    text: `/* ${name} */ ${compiled.toNative().sql}`,
    key: `${name} ${prepared}`,
  };
}

/**
 * Runs a statement: in the transaction that the caller is in, else on a pipelined connection, or on one of the pool
 * where no pipelined one is to be had.
 * @returns its rows
 */
export async function runPrepared<Row>(
  knex: Knex,
  statement: PreparedStatement,
  values: readonly unknown[],
): Promise<Row[]> {
  const connection = connectionOf(knex);
  const answer = connection === knex ? pipelineOf(knex)?.run(statement, values) : undefined;
  if (answer !== undefined) {
    // As knex tells of those that it sends itself.
    if (knex.listenerCount('query') > 0)
      knex.emit('query', { sql: statement.text, bindings: values, isPrepared: true });
    return (await answer) as Row[];
  }
  const { rows } = await named(statement.name, () =>
    connection.raw<{ rows: Row[] }>(statement.sql, values as Knex.RawBinding[]),
  );
  return rows;
}
