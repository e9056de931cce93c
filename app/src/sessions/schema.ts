import { z } from 'zod';
import { text } from '../http/text.ts';
import { email, knownPassword } from '../users/schema.ts';

export const credentials = z.strictObject({
  email,
  password: knownPassword,
});
/** The answer of OAuth 2.0's token endpoint (RFC 6749, section 5.1); `expires_in` in seconds. */
export const tokenResponse = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
  refresh_token: z.string(),
});
export type TokenResponse = z.output<typeof tokenResponse>;

/** A token is 43 characters long; any other text is refused like an unknown one. */
export const refreshRequest = z.strictObject({ refresh_token: text({ min: 1, max: 512 }) });

/** Public keys (RFC 7517). */
export const publicKeySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') })),
});

export type Credentials = z.output<typeof credentials>;
