import { createHash } from 'node:crypto';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import { Problem } from '../http/problem.ts';
import type { Redis } from '../redis/connection.ts';
import { count, createCounter, secondsLeft } from '../redis/counter.ts';
import type { Log } from '../telemetry/log.ts';
import type { Verification } from './passwords.ts';

/** Where a password comes from that is sent with an access token: wherever that is, the owner has logged in. */
export const withAccessToken = 'access token';

/** Somebody who says a password for an account. */
export interface Attempt {
  /** E-mail address as its schema gives it, so that an account has one; there need be no such account. */
  readonly email: string;
  /** A network as `clientNetwork` writes it, or `withAccessToken`. */
  readonly network: string;
  /** Whether the account's owner has logged in from there. */
  readonly known: boolean;
  readonly userId: string | undefined;
  readonly log: Log;
}

/** Slows down who guesses the password of one account, from however many addresses (docs/decisions/password-guessing.md). */
export interface AccountLimit {
  /**
   * Compares a password, unless too many wrong ones came before. A point of each count is taken before and given back
   * when the password is right or couldn't be compared, so that of many guesses at once no more are looked at.
   * @throws Problem too-many-requests; the same for an account that doesn't exist
   */
  guard(attempt: Attempt, compare: () => Promise<Verification>): Promise<Verification>;
}

type Settings = Pick<
  Config,
  'RATE_LIMIT_ACCOUNT' | 'RATE_LIMIT_ACCOUNT_NETWORK' | 'RATE_LIMIT_ACCOUNT_WINDOW_SECONDS'
>;

/** Whose wrong passwords are counted together; no e-mail address or network is in a key of Redis. */
interface Count {
  readonly name: 'account' | 'account_network';
  readonly setting: keyof Settings;
  readonly applies: (attempt: Attempt) => boolean;
  readonly key: (attempt: Attempt) => string;
  /** Whether a right password forgets the wrong ones before it: else the owner's would let a guesser go on. */
  readonly forgiving: boolean;
}
const counts: readonly Count[] = [
  {
    name: 'account_network',
    setting: 'RATE_LIMIT_ACCOUNT_NETWORK',
    applies: () => true,
    key: ({ email, network }) => `${email} ${network}`,
    forgiving: true,
  },
  {
    name: 'account',
    setting: 'RATE_LIMIT_ACCOUNT',
    applies: ({ known }) => !known,
    key: ({ email }) => email,
    forgiving: false,
  },
];

const hashed = (key: string) => createHash('sha256').update(key).digest('base64url');

/** A point that was taken. */
interface Taken {
  readonly counter: RateLimiterAbstract;
  readonly key: string;
  readonly forgiving: boolean;
}

const giveBack = (taken: readonly Taken[]) =>
  Promise.all(taken.map(({ counter, key }) => counter.reward(key)));
const forgive = (taken: readonly Taken[]) =>
  Promise.all(
    taken.map(({ counter, key, forgiving }) => (forgiving ? counter.delete(key) : counter.reward(key))),
  );

function refusal({ userId, log }: Attempt, limiter: Count['name'], seconds: number): Problem {
  log.write('password-refused', {
    'event.outcome': 'failure',
    'labels.limiter': limiter,
    ...(userId !== undefined && { 'user.id': userId }),
  });
  return new Problem(
    'too-many-requests',
    `Too many wrong passwords came for this account. Try again in ${seconds} seconds, or from where you logged in before; who is logged in stays so.`,
    { headers: { 'Retry-After': String(seconds) }, limiter },
  );
}

/** @param redis where instances count together; without it, and while it is away, each counts for itself */
export function createAccountLimit(config: Settings, redis?: Redis): AccountLimit {
  const limits = counts
    .filter(({ setting }) => config[setting] > 0)
    .map(({ name, setting, ...rest }) => {
      const seconds = config.RATE_LIMIT_ACCOUNT_WINDOW_SECONDS;
      return { ...rest, name, counter: createCounter({ name, points: config[setting], seconds }, redis) };
    });

  /** @throws Problem too-many-requests, having given back what it took: nobody looks at the password */
  async function take(attempt: Attempt): Promise<readonly Taken[]> {
    const taken: Taken[] = [];
    for (const { name, counter, forgiving, key } of limits.filter(({ applies }) => applies(attempt))) {
      const point = { counter, forgiving, key: hashed(key(attempt)) };
      taken.push(point);
      const { allowed, state } = await count(counter, point.key);
      if (allowed) continue;
      await giveBack(taken);
      throw refusal(attempt, name, secondsLeft(state));
    }
    return taken;
  }

  return {
    async guard(attempt, compare) {
      const taken = await take(attempt);
      try {
        const verification = await compare();
        if (verification.matches) await forgive(taken);
        return verification;
      } catch (error) {
        await giveBack(taken);
        throw error;
      }
    },
  };
}
