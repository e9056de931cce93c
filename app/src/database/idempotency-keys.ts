import type { Knex } from 'knex';
import { named } from './statements.ts';
import { connectionOf } from './transaction.ts';

/** An answer as it went out first. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `null` when the answer has none. */
  readonly body: string | null;
}

export interface IdempotencyKey {
  readonly userId: string;
  readonly key: string;
  /** SHA-256 of the request. */
  readonly fingerprint: Buffer;
}

/** The answers kept for requests with an idempotency key. Both calls belong in one transaction. */
export interface IdempotencyKeys {
  /**
   * Takes the key until the end of the transaction. Waits for another transaction that holds it.
   * @returns what is kept under the key, or `undefined` when it is free and ours now
   * @throws PostgreSQL's error of a lock timeout when the other one takes longer than `waitMs`
   */
  claim(key: IdempotencyKey): Promise<(KeptAnswer & Pick<IdempotencyKey, 'fingerprint'>) | undefined>;
  /** Keeps the answer under the key that was claimed. */
  keep(key: IdempotencyKey, answer: KeptAnswer): Promise<void>;
}

/**
 * A key older than it is kept counts as free, whether the clean-up has been there or not. The lock timeout is
 * set by the statement that needs it, for its transaction, which saves a round trip. A conflict locks the row also
 * where it isn't taken over, so that what is read of it next is what the claim saw.
 */
const claimKey = `
  insert into idempotency_keys as known (user_id, key, fingerprint)
  select ?::uuid, ?::text, ?::bytea from set_config('lock_timeout', ?::text, true)
  on conflict (user_id, key) do update set id = excluded.id, fingerprint = excluded.fingerprint
    where known.id < uuidv7(make_interval(hours => -?::integer))
  returning id`;

/**
 * @param hours how long a key is kept
 * @param waitMs milliseconds to wait for a concurrent request with the same key
 */
export function createIdempotencyKeys(
  knex: Knex,
  { hours, waitMs }: { hours: number; waitMs: number },
): IdempotencyKeys {
  return {
    claim: ({ userId, key, fingerprint }) =>
      named('idempotency.claim', async () => {
        const connection = connectionOf(knex);
        const { rows } = await connection.raw<{ rows: unknown[] }>(claimKey, [
          ...[userId, key, fingerprint],
          ...[String(waitMs), hours],
        ]);
        if (rows.length > 0) return undefined;
        return await connection('idempotency_keys')
          .where({ user_id: userId, key })
          .first('fingerprint', 'status', 'headers', 'body');
      }),
    async keep({ userId, key }, { status, headers, body }) {
      await named('idempotency.keep', () =>
        connectionOf(knex)('idempotency_keys')
          .where({ user_id: userId, key })
          .update({ status, headers: JSON.stringify(headers), body }),
      );
    },
  };
}
