import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { isDeadlock, isLockTimeout } from '../errors.ts';

/** Milliseconds that anything waits for a lock. */
const lockTimeoutMs = 500;
/** Milliseconds before what could not get one is tried again. */
export const retryMs = 100;

/** Again and again while others hold what it needs. */
async function patiently<Result>(action: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isLockTimeout(error) && !isDeadlock(error)) throw error;
      await sleep(retryMs);
    }
  }
}

/**
 * Runs SQL in a transaction of its own, beside those who use the tables: it waits in no queue of locks, where all that
 * come after it would wait as well.
 */
export const briefly = (knex: Knex, sql: string, values: readonly string[] = []) =>
  patiently(() =>
    knex.transaction(async (transaction): Promise<{ rows: { id: string }[] }> => {
      await transaction.raw(`set local lock_timeout = ${lockTimeoutMs}`);
      return await transaction.raw(sql, [...values]);
    }),
  );
