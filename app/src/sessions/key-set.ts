import { createPublicKey, type webcrypto } from 'node:crypto';
import { z } from 'zod';

type JsonWebKey = webcrypto.JsonWebKey;

/** A key of the JSON Web Key Set in JWT_KEYS (RFC 7517), private or public. */
export type SigningKey = JsonWebKey & { kid: string; alg: 'EdDSA' | 'RS256' };

/** RS256 asks for keys of this many bits at least (RFC 7518, section 3.3). */
const minRsaBits = 2048;

function algorithmOf(key: JsonWebKey): SigningKey['alg'] | undefined {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key, format: 'jwk' });
    if (asymmetricKeyType === 'ed25519') return 'EdDSA';
    if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= minRsaBits)
      return 'RS256';
  } catch {
    // Not a key at all: the answer is the same as for a kind of key that isn't taken.
  }
  return undefined;
}

const signingKey = z.looseObject({ kid: z.string().min(1), kty: z.string() }).transform((key, context) => {
  const alg = algorithmOf(key);
  if (!alg) {
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
  return { ...key, alg } as SigningKey;
});

/** Takes a parsed key set: at least one key, the first private, each `kid` once. */
export const signingKeySet = z
  .object({ keys: z.array(signingKey).min(1) })
  .transform(({ keys }): readonly SigningKey[] => keys)
  .refine((keys) => keys[0]?.d !== undefined)
  .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length);
