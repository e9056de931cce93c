import { z } from 'zod';
import { text } from '../http/text.ts';
import { email, knownPassword } from '../users/schema.ts';

const exampleRefreshToken = 'n3PqYy0bT5m9cW1xkVZr7uJdE2aLhSgf8oQiNtB4wCs';

export const credentials = z.strictObject({ email, password: knownPassword }).meta({
  id: 'Credentials',
  examples: [{ email: 'ada@example.com', password: 'correct horse battery staple' }],
});
/** The answer of OAuth 2.0's token endpoint (RFC 6749, section 5.1); `expires_in` in seconds. */
export const tokenResponse = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int().min(1),
    refresh_token: z.string(),
  })
  .meta({
    id: 'TokenResponse',
    examples: [
      {
        access_token: 'eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl',
        token_type: 'Bearer',
        expires_in: 900,
        refresh_token: exampleRefreshToken,
      },
    ],
  });
export type TokenResponse = z.output<typeof tokenResponse>;

/** A token is 43 characters long; any other text is refused like an unknown one. */
export const refreshRequest = z
  .strictObject({ refresh_token: text({ min: 1, max: 512 }) })
  .meta({ id: 'RefreshRequest', examples: [{ refresh_token: exampleRefreshToken }] });

export const sessionId = z.strictObject({
  id: z.uuid({ error: 'must be a UUID' }).meta({ description: 'Id of the session.' }),
});

const exampleSession = {
  id: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d71',
  created_at: '2026-11-21T10:00:00.123456Z',
  last_used_at: '2026-11-21T10:14:00.123456Z',
  expires_at: '2026-11-28T10:14:00.123456Z',
  current: true,
};

/**
 * A session as its user sees it. Where from, and by what program, is not kept: addresses are written down nowhere but in
 * the log, cut short, and a program's name for itself tells two browsers of one make apart no better than a time does.
 */
export const session = z
  .object({
    id: z.uuid(),
    created_at: z.iso.datetime().meta({ description: 'When the user logged in.' }),
    last_used_at: z.iso.datetime().meta({
      description:
        'When tokens were given out last, at log-in or by a refresh; an access token may have been used later.',
    }),
    expires_at: z.iso.datetime().meta({ description: 'When it ends by itself, unless it is refreshed.' }),
    current: z.boolean().meta({ description: 'Whether the access token of the request is of this session.' }),
  })
  .meta({
    id: 'Session',
    examples: [exampleSession],
  });
export type Session = z.output<typeof session>;

export const sessionItems = z
  .object({ items: z.array(session) })
  .meta({ id: 'SessionItems', examples: [{ items: [exampleSession] }] });

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
