import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Redis } from './connection.ts';

/** Keys that one counter holds in memory at most, some 30 MB: whoever invents keys can't fill it. */
export const maxKeys = 50_000;

/** Counts in memory. When there are too many keys, the one that was counted longest ago is forgotten. */
class BoundedMemory extends RateLimiterMemory {
  /** The one counted last is the last one. */
  readonly #keys = new Set<string>();

  override consume(key: string, points?: number, options?: Record<string, unknown>): Promise<RateLimiterRes> {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > maxKeys) {
      for (const oldest of this.#keys.values().take(1)) this.delete(oldest);
    }
    return super.consume(key, points, options);
  }

  override async reward(key: string, points?: number): Promise<RateLimiterRes> {
    const state = await super.reward(key, points);
    if (state.consumedPoints <= 0) await this.delete(key);
    return state;
  }

  override delete(key: string): Promise<boolean> {
    this.#keys.delete(key);
    return super.delete(key);
  }
}

/** The name of a counter, and how much it allows. */
export interface CounterOptions {
  /** In the keys of Redis. */
  readonly name: string;
  readonly points: number;
  /** Length of the window that begins with the first point of a key. */
  readonly seconds: number;
}

/**
 * Counts by key in windows.
 * @param redis where instances count together; without it, and while it is away, each counts for itself
 */
export function createCounter(
  { name, points, seconds }: CounterOptions,
  redis: Redis | undefined,
): RateLimiterAbstract {
  const options = { keyPrefix: `sightline:rate-limit:${name}`, points, duration: seconds };
  const memory = new BoundedMemory(options);
  return redis
    ? new RateLimiterRedis({
        ...options,
        storeClient: redis,
        useRedisPackage: true,
        rejectIfRedisNotReady: true,
        insuranceLimiter: memory,
      })
    : memory;
}

/** Counts so many more. */
export async function count(
  counter: RateLimiterAbstract,
  key: string,
  points = 1,
): Promise<{ allowed: boolean; state: RateLimiterRes }> {
  try {
    return { allowed: true, state: await counter.consume(key, points) };
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return { allowed: false, state: refused };
    throw refused;
  }
}

/** Seconds until a counted window is over, as `Retry-After` says it. */
export const secondsLeft = ({ msBeforeNext }: RateLimiterRes): number =>
  Math.max(1, Math.ceil(msBeforeNext / 1000));
