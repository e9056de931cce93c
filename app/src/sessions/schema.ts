import { z } from 'zod';
import { text } from '../http/text.ts';
import { email } from '../users/schema.ts';

/** The password is only bounded: what was once accepted at registration must always be able to log in. */
export const credentials = z
  .strictObject({
    email,
    password: text({ min: 1, max: 128 }).transform((value) => value.normalize('NFKC')),
  })
  .meta({
    id: 'Credentials',
    examples: [{ email: 'ada@example.com', password: 'correct horse battery staple' }],
  });
/** The answer of OAuth 2.0's token endpoint (RFC 6749, section 5.1); `expires_in` in seconds. */
export const tokenResponse = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int().min(1),
  })
  .meta({
    id: 'TokenResponse',
    examples: [
      { access_token: 'eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl', token_type: 'Bearer', expires_in: 900 },
    ],
  });
export type TokenResponse = z.output<typeof tokenResponse>;

/** Public keys (RFC 7517). */
export const publicKeySet = z
  .object({
    keys: z.array(
      z.looseObject({ kty: z.string(), kid: z.string(), alg: z.string(), use: z.literal('sig') }),
    ),
  })
  .meta({
    id: 'KeySet',
    examples: [
      {
        keys: [
          {
            kty: 'OKP',
            kid: '2026-11',
            alg: 'EdDSA',
            use: 'sig',
            crv: 'Ed25519',
            x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
          },
        ],
      },
    ],
  });

export type Credentials = z.output<typeof credentials>;
