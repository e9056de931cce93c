import type { StatementName } from '@sightline/contract/database.ts';
import type { Knex } from 'knex';
import { pipelineOf } from './connection.ts';
import { named } from './statements.ts';
import { connectionOf } from './transaction.ts';

/** A statement whose text is made once, and which PostgreSQL parses and plans once on each connection. */
export interface PreparedStatement {
  readonly name: Exclude<StatementName, 'transaction' | 'other'>;
  /** The text with `:name` where values go, as knex takes it. */
  readonly sql: string;
  /** The text with `$1`, as PostgreSQL takes it, after a comment with its name. */
  readonly text: string;
  /** The names of the values, in the order of their numbers. */
  readonly names: readonly string[];
  /** Unique among all; at most 63 bytes. */
  readonly key: string;
}

let prepared = 0;

/** The values of a statement by their names. */
export type Values = Readonly<Record<string, unknown>>;

/** A name of a value; what is in quotes, and the type of a cast, is matched to be passed over. */
const placeholder = /'[^']*'|"[^"]*"|::|:(?<name>\w+)/g;

/**
 * Prepares a statement.
 * @param sql the text with `:name` where values go, which are given anew each time; a name may stand in several places,
 *   in which PostgreSQL has to find the same type for it: a cast (`:name::text`) settles that
 */
export function prepare(name: PreparedStatement['name'], sql: string): PreparedStatement {
  prepared += 1;
  const names: string[] = [];
  const text = sql.replace(placeholder, (match, found?: string) => {
    if (found === undefined) return match;
    // knex would take the type of a cast for the value.
    if (new RegExp(`::${found}\\b`).test(sql))
      throw new TypeError(`${name}: :${found} has the name of a type.`);
    if (!names.includes(found)) names.push(found);
    return `$${names.indexOf(found) + 1}`;
  });
  return { name, sql, text: `/* ${name} */ ${text}`, names, key: `${name} ${prepared}` };
}

/** The values in the order of their numbers. */
export function inOrder({ name, names }: PreparedStatement, values: Values): unknown[] {
  return names.map((key) => {
    const value = values[key];
    // Sent as it is, it would be null.
    if (value === undefined) throw new TypeError(`${name} lacks a value for :${key}.`);
    return value;
  });
}

/**
 * Runs a statement: in the transaction that the caller is in, else on a pipelined connection, or on one of the pool
 * where no pipelined one is to be had.
 * @returns its rows
 */
export async function runPrepared<Row>(
  knex: Knex,
  statement: PreparedStatement,
  values: Values,
): Promise<Row[]> {
  const connection = connectionOf(knex);
  const bindings = inOrder(statement, values);
  const answer = connection === knex ? pipelineOf(knex)?.run(statement, bindings) : undefined;
  if (answer !== undefined) {
    // As knex tells of those that it sends itself.
    if (knex.listenerCount('query') > 0)
      knex.emit('query', { sql: statement.text, bindings, isPrepared: true });
    return (await answer) as Row[];
  }
  const { rows } = await named(statement.name, () =>
    connection.raw<{ rows: Row[] }>(statement.sql, values as Knex.ValueDict),
  );
  return rows;
}
