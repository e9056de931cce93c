import { randomBytes } from 'node:crypto';
import { hash, type Options, verify } from '@node-rs/argon2';
import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Config } from '../config.ts';
import { createPasswordQueue } from './password-queue.ts';

/** The result of a comparison. */
export interface Verification {
  readonly matches: boolean;
  /** The matching password hashed anew, when the stored hash has other parameters than the configured ones. */
  readonly renewedHash?: string;
}

/**
 * argon2id hashes. The work is done on libuv's threads, so the event loop goes on meanwhile. Both methods wait
 * their turn (password-queue.ts), share out its places by the client's network, and throw its Problems.
 */
export interface Passwords {
  /** @returns a PHC string with its own salt and parameters */
  hash(password: string, network: string): Promise<string>;
  /**
   * Compares by the parameters that the hash was made with.
   * @param passwordHash of the user, or `undefined` when there is no such user: then the same work is done on a
   *   hash of nobody, so that the time of the answer tells nothing about who is registered
   */
  verify(passwordHash: string | undefined, password: string, network: string): Promise<Verification>;
}

/** The functions of argon2 used here. */
export interface Argon2 {
  hash(password: string, options: Options): Promise<string>;
  verify(passwordHash: string, password: string): Promise<boolean>;
}

type Settings = Pick<
  Config,
  'ARGON2_MEMORY_KIB' | 'ARGON2_ITERATIONS' | 'ARGON2_CONCURRENCY' | 'ARGON2_QUEUE'
>;

/** Random bytes as a PHC string writes them: base64 without padding. */
const randomField = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '');

export function createPasswords(
  config: Settings,
  metrics: Metrics,
  argon2: Argon2 = { hash, verify },
): Passwords {
  const options = {
    memoryCost: config.ARGON2_MEMORY_KIB,
    timeCost: config.ARGON2_ITERATIONS,
    parallelism: 1,
  };
  /** How a PHC string made with the options begins. */
  const configured = `$argon2id$v=19$m=${options.memoryCost},t=${options.timeCost},p=${options.parallelism}$`;
  // Of no known password, so it needn't be computed: comparing with it is the same work.
  const hashOfNobody = `${configured}${randomField(16)}$${randomField(32)}`;
  const limits = { atOnce: config.ARGON2_CONCURRENCY, waiting: config.ARGON2_QUEUE };
  const queue = createPasswordQueue(limits, () => metrics.count('password_queue_rejections_total', {}));
  metrics.beforeScrape(() => metrics.set('password_queue_length', {}, queue.length));
  return {
    hash: (password, network) => queue.run(network, () => argon2.hash(password, options)),
    verify: (passwordHash, password, network) =>
      queue.run(network, async () => {
        const matches = await argon2.verify(passwordHash ?? hashOfNobody, password);
        if (passwordHash === undefined || !matches) return { matches: false };
        if (passwordHash.startsWith(configured)) return { matches };
        return { matches, renewedHash: await argon2.hash(password, options) };
      }),
  };
}
