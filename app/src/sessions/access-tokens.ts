import { generateKeyPairSync, randomUUID, type webcrypto } from 'node:crypto';
import { isAhead } from '@sightline/contract/clock.ts';
import { type CryptoKey, errors, importJWK, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { type Config, longestAccessTokenSeconds } from '../config.ts';
import type { Principal, TokenVerifier } from '../http/authentication.ts';
import type { SigningKey } from './key-set.ts';

/** Media type of an access token (RFC 9068): a token made for something else under the same key is not one. */
const tokenType = 'at+jwt';

/** Members of a JSON Web Key that are public (RFC 7518 section 6, RFC 8037): all others are dropped. */
const publicMembers = ['kty', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e'] as const;

/** Why a token's times are not those of a token that this service issued; what has expired was refused before. */
function timesRefused(iat: number, exp: number): string | undefined {
  const now = Date.now();
  if (isAhead(iat * 1000, now)) return 'The access token was issued in the future.';
  if (isAhead((exp - longestAccessTokenSeconds) * 1000, now))
    return 'The access token expires later than any that this service issues.';
  return undefined;
}

export interface AccessTokens extends TokenVerifier {
  /** Signs a token for a user's session (claims `sub` and `sid`). `expiresIn` is in seconds. */
  issue(principal: Principal): Promise<{ token: string; expiresIn: number }>;
  /** The public keys, for `/.well-known/jwks.json`. */
  readonly keySet: { readonly keys: readonly Record<string, unknown>[] };
}

const claims = z.object({ sub: z.uuid(), sid: z.uuid(), iat: z.number(), exp: z.number() });

/** Verified tokens that are remembered: 8 MB of heap. */
const maxKnown = 10_000;

/**
 * Tokens that were verified, until they expire. To check signatures was 42 % of the time the service was busy
 * reading todos (a CPU profile under load), and clients send the same token for fifteen minutes. Only good tokens come in here, so nobody can push
 * others out by bad ones; the keys are those of the process, so a token that was good stays so.
 */
class KnownTokens {
  readonly #principals = new Map<string, Principal & { readonly expiresAtMs: number }>();

  add(token: string, principal: Principal, expiresAtMs: number): void {
    const { value: oldest } = this.#principals.keys().next();
    if (this.#principals.size >= maxKnown && oldest !== undefined) this.#principals.delete(oldest);
    this.#principals.set(token, { ...principal, expiresAtMs });
  }

  get(token: string): Principal | undefined {
    const known = this.#principals.get(token);
    if (known === undefined || Date.now() < known.expiresAtMs) return known;
    this.#principals.delete(token);
    return undefined;
  }
}

/**
 * Whether each part is spelt as its bytes are written in base64url. Decoders pass over spare bits, padding and characters
 * of no meaning, so a good signature has many spellings, and each would be remembered as a token of its own.
 */
const isCanonical = (token: string) =>
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);

/** A private Ed25519 key for a process that was given none. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'EdDSA' };
}

function publicPart(key: SigningKey) {
  return {
    use: 'sig',
    ...Object.fromEntries(publicMembers.flatMap((name) => (name in key ? [[name, key[name]]] : []))),
  };
}

const invalid = 'The access token is not valid.';

function refusal(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return 'The access token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The access token's claim "${error.claim}" is not for this service.`;
  if (error instanceof errors.JOSEError) return invalid;
  return undefined;
}

/** Issues and verifies access tokens with the configured keys: the first signs, each verifies by its `kid`. */
export async function createAccessTokens(
  keys: readonly SigningKey[],
  config: Pick<Config, 'JWT_ISSUER' | 'JWT_AUDIENCE' | 'ACCESS_TOKEN_SECONDS'>,
): Promise<AccessTokens> {
  const [first] = keys;
  if (!first) throw new Error('There is no signing key.');
  const signer = (await importJWK(first as webcrypto.JsonWebKey, first.alg)) as CryptoKey;
  const verifiers = new Map(
    await Promise.all(
      keys.map(async (key) => {
        const imported = (await importJWK(publicPart(key) as webcrypto.JsonWebKey, key.alg)) as CryptoKey;
        return [key.kid, { key: imported, alg: key.alg }] as const;
      }),
    ),
  );
  const known = new KnownTokens();
  return {
    known: (token) => known.get(token),
    async issue({ userId, sessionId }) {
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: first.alg, kid: first.kid, typ: tokenType })
        .setIssuer(config.JWT_ISSUER)
        .setAudience(config.JWT_AUDIENCE)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${config.ACCESS_TOKEN_SECONDS}s`)
        .sign(signer);
      return { token, expiresIn: config.ACCESS_TOKEN_SECONDS };
    },
    async verify(token) {
      if (!isCanonical(token)) return { refused: invalid };
      try {
        const { payload } = await jwtVerify(
          token,
          ({ kid, alg }) => {
            const verifier = verifiers.get(kid ?? '');
            // The key decides the algorithm, not the token (RFC 8725, section 3.1).
            if (!verifier || verifier.alg !== alg) throw new errors.JWSInvalid('no such key');
            return verifier.key;
          },
          {
            issuer: config.JWT_ISSUER,
            audience: config.JWT_AUDIENCE,
            typ: tokenType,
            algorithms: ['EdDSA', 'RS256'],
            requiredClaims: ['sub', 'sid', 'exp', 'iat', 'jti'],
          },
        );
        const identity = claims.safeParse(payload);
        if (!identity.success) return { refused: invalid };
        const { sub: userId, sid: sessionId, iat, exp } = identity.data;
        const refused = timesRefused(iat, exp);
        if (refused !== undefined) return { refused };
        known.add(token, { userId, sessionId }, exp * 1000);
        return { userId, sessionId };
      } catch (error) {
        const refused = refusal(error);
        if (refused === undefined) throw error;
        return { refused };
      }
    },
    keySet: { keys: keys.map(publicPart) },
  };
}
