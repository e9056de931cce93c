/** Conditions of production that change what a request takes: `CONDITION=tls make bench` measures all variants under one. */

export interface Condition {
  /** Names it in tables, after a comma; '' is the usual one. */
  readonly about: string;
  /** Instead of CONNECTIONS. */
  readonly connections?: number;
  /** Users who ask by turns, each with a token and todos of their own; one, where it is unset. */
  readonly users?: number;
  /** Clients speak TLS to a HAProxy, which speaks to the variant. */
  readonly proxy?: true;
  /** A PgBouncer gives each transaction a connection to PostgreSQL. */
  readonly pooler?: true;
}

const table = {
  usual: { about: '' },
  'many-connections': { about: '1,000 connections', connections: 1000 },
  'many-users': { about: '10,000 users', users: 10_000 },
  tls: { about: 'TLS by HAProxy', proxy: true },
  pooler: { about: 'PgBouncer', pooler: true },
} as const satisfies Readonly<Record<string, Condition>>;

export type ConditionName = keyof typeof table;
export const conditionNames = Object.keys(table) as ConditionName[];
export const conditions: Readonly<Record<ConditionName, Condition>> = table;
