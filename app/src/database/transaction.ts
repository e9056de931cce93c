import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';

const current = new AsyncLocalStorage<Knex.Transaction>();

/**
 * Runs `work` in one transaction: it commits when `work` ends, and rolls back when it throws. Each repository
 * that `work` calls takes part by itself, since they all ask `connectionOf`.
 */
export function inTransaction<Result>(knex: Knex, work: () => Promise<Result>): Promise<Result> {
  return knex.transaction((transaction) => current.run(transaction, work));
}

/** What a statement has to run on: the transaction that the caller is in, or else any connection of the pool. */
export function connectionOf(knex: Knex): Knex {
  return current.getStore() ?? knex;
}
