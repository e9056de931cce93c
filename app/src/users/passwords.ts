import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Config } from '../config.ts';

/** argon2id hashes. The work is done on libuv's threads, so the event loop goes on meanwhile. */
export interface Passwords {
  /** @returns a PHC string with its own salt and parameters */
  hash(password: string): Promise<string>;
  /**
   * @param passwordHash of the user, or `undefined` when there is no such user: then the same work is done on a
   *   hash of nobody, so that the time of the answer tells nothing about who is registered
   */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
}

export function createPasswords(config: Pick<Config, 'ARGON2_MEMORY_KIB' | 'ARGON2_ITERATIONS'>): Passwords {
  const options = {
    memoryCost: config.ARGON2_MEMORY_KIB,
    timeCost: config.ARGON2_ITERATIONS,
    parallelism: 1,
  };
  let hashOfNobody: Promise<string> | undefined;
  return {
    hash: (password) => hash(password, options),
    async verify(passwordHash, password) {
      hashOfNobody ??= hash(randomBytes(32).toString('base64'), options);
      const matches = await verify(passwordHash ?? (await hashOfNobody), password);
      return passwordHash !== undefined && matches;
    },
  };
}
