import { createHash, randomBytes } from 'node:crypto';

/** A new refresh token, and what is stored of it. */
export interface RefreshToken {
  readonly token: string;
  readonly hash: Buffer;
}

/**
 * SHA-256 of a refresh token as the client sends it. No salt and no stretching, unlike a password: nobody guesses
 * 256 random bits.
 */
export function hashRefreshToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Makes a token of 256 random bits in base64url. It says nothing by itself. */
export function generateRefreshToken(): RefreshToken {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashRefreshToken(token) };
}
