import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from 'koa';
import type { Config } from '../config.ts';
import { isLockTimeout, violates } from '../database/errors.ts';
import { createIdempotencyKeys, type IdempotencyKey, type KeptAnswer } from '../database/idempotency-keys.ts';
import { inTransaction } from '../database/transaction.ts';
import { unauthenticated } from './authentication.ts';
import type { RequestState } from './context.ts';
import { Problem } from './problem.ts';

/** Runs a handler, once for each idempotency key. */
export type Once = (ctx: Context, handle: () => Promise<void> | void) => Promise<void> | void;

/** A key that is taken: printable ASCII. */
export const acceptableKey = /^[\x20-\x7e]{1,255}$/;

/** Headers of an answer that belong to what was done; all others are of the request or the same each time. */
const keptHeaders = ['ETag', 'Location'] as const;

/** Milliseconds that a request waits for its twin, if PostgreSQL lets a statement run at least twice as long. */
const longestWaitMs = 2000;

const retryAfterSeconds = '1';

/** Members in the order of their names: the client's order says nothing. */
const inOrder = (_name: string, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** Two requests are the same when method, path and the body as its schema gives it are. */
function fingerprintOf({ method, path, request }: Context): Buffer {
  const { body } = request as { body?: unknown };
  return createHash('sha256')
    .update(JSON.stringify([method, path, body], inOrder))
    .digest();
}

function readKey(ctx: Context, header: string | string[]): IdempotencyKey {
  const { userId } = ctx.state as RequestState;
  if (userId === undefined) throw new Error(`${ctx.path} is idempotent, but takes no access token`);
  if (typeof header !== 'string' || !acceptableKey.test(header)) {
    throw new Problem(
      'malformed-request',
      'Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID.',
      { errors: [{ pointer: 'Idempotency-Key', detail: 'is not 1 to 255 printable ASCII characters' }] },
    );
  }
  return { userId, key: header, fingerprint: fingerprintOf(ctx) };
}

function answerOf(ctx: Context): KeptAnswer {
  const headers = keptHeaders.flatMap((name) => {
    const value = ctx.response.get(name);
    return value ? [[name, value]] : [];
  });
  const { status, body } = ctx;
  return {
    status,
    headers: Object.fromEntries(headers),
    body: body === undefined || body === null ? null : JSON.stringify(body),
  };
}

/** The first answer and its replays are sent by the same code from the same text. */
function send(ctx: Context, { status, headers, body }: KeptAnswer): void {
  ctx.set(headers);
  ctx.body = body;
  ctx.status = status;
  if (body !== null) ctx.type = 'json';
}

function refusal(error: unknown): unknown {
  if (isLockTimeout(error)) {
    return new Problem('idempotency-in-progress', 'A request with this key is not answered yet. Try again.', {
      headers: { 'Retry-After': retryAfterSeconds },
    });
  }
  if (violates(error, 'idempotency_keys_user_fk'))
    return unauthenticated('The user of this access token no longer exists.', 'invalid_token');
  return error;
}

/**
 * Lets a client repeat a request that may have been carried out already. The key, what the handler writes and
 * its answer are one transaction, so that a crash leaves all of them or nothing; a request of the same key that
 * comes meanwhile, to whichever instance, waits in PostgreSQL. A handler that throws frees the key. Without the
 * header the handler runs as if this were not here.
 */
export function idempotency(
  knex: Knex,
  config: Pick<Config, 'IDEMPOTENCY_HOURS' | 'DATABASE_STATEMENT_TIMEOUT_MS'>,
): Once {
  const keys = createIdempotencyKeys(knex, {
    hours: config.IDEMPOTENCY_HOURS,
    waitMs: Math.min(longestWaitMs, Math.floor(config.DATABASE_STATEMENT_TIMEOUT_MS / 2)),
  });

  async function carryOut(
    ctx: Context,
    key: IdempotencyKey,
    handle: () => Promise<void> | void,
  ): Promise<KeptAnswer> {
    const kept = await keys.claim(key).catch((error: unknown) => {
      throw refusal(error);
    });
    if (!kept) {
      await handle();
      const answer = answerOf(ctx);
      await keys.keep(key, answer);
      return answer;
    }
    if (!key.fingerprint.equals(kept.fingerprint)) {
      throw new Problem(
        'idempotency-key-reused',
        'Another request was made with this key. Use a new key for each request.',
      );
    }
    (ctx.state as RequestState).replayed = true;
    return { ...kept, headers: { ...kept.headers, 'Idempotent-Replayed': 'true' } };
  }

  async function once(ctx: Context, key: IdempotencyKey, handle: () => Promise<void> | void): Promise<void> {
    try {
      send(ctx, await inTransaction(knex, () => carryOut(ctx, key, handle)));
    } catch (error) {
      // The handler may have set them before the commit failed.
      for (const name of keptHeaders) ctx.remove(name);
      throw error;
    }
  }

  return (ctx, handle) => {
    const header = ctx.headers['idempotency-key'];
    return header === undefined ? handle() : once(ctx, readKey(ctx, header), handle);
  };
}
