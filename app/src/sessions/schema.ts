import { z } from 'zod';
import { text } from '../http/text.ts';
import { email } from '../users/schema.ts';

/** The password is only bounded: what was once accepted at registration must always be able to log in. */
export const credentials = z.strictObject({
  email,
  password: text({ min: 1, max: 128 }).transform((value) => value.normalize('NFKC')),
});
/** The answer of OAuth 2.0's token endpoint (RFC 6749, section 5.1); `expires_in` in seconds. */
export const tokenResponse = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
});
export type TokenResponse = z.output<typeof tokenResponse>;

/** Public keys (RFC 7517). */
export const publicKeySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') })),
});

export type Credentials = z.output<typeof credentials>;
