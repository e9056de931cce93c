import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';

interface CurrentTransaction {
  readonly connection: Knex.Transaction;
  readonly afterCommit: (() => void)[];
}

const current = new AsyncLocalStorage<CurrentTransaction>();

/**
 * Runs `work` in one transaction: it commits when `work` ends, and rolls back when it throws. Each repository
 * that `work` calls takes part by itself, since they all ask `connectionOf`.
 */
export async function inTransaction<Result>(knex: Knex, work: () => Promise<Result>): Promise<Result> {
  const afterCommit: (() => void)[] = [];
  const result = await knex.transaction((connection) => current.run({ connection, afterCommit }, work));
  for (const each of afterCommit) each();
  return result;
}

/** Returns the connection that a statement has to run on: the transaction that the caller is in, or else any connection of the pool. */
export function connectionOf(knex: Knex): Knex {
  return current.getStore()?.connection ?? knex;
}

/** Does something when the transaction that the caller is in has committed, never if it rolls back; at once in none. */
export function afterCommit(work: () => void): void {
  const transaction = current.getStore();
  if (transaction) transaction.afterCommit.push(work);
  else work();
}
