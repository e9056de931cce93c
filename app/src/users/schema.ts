import { z } from 'zod';
import { text } from '../http/text.ts';

/**
 * Letters, digits and `_'+-` between dots, then a host name; of the lengths that RFC 5321, section 4.5.3.1, and
 * RFC 1035, section 2.3.4, allow the parts. Addresses with quotes or other characters aren't taken.
 */
const address =
  /^(?=[^@]{1,64}@)[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

/** E-mail addresses are compared without case, so they are kept in lower case. */
export const email = z
  .string()
  .max(254, { error: 'must have 254 characters at most', abort: true })
  .pipe(z.email({ pattern: address, error: 'must be an e-mail address' }))
  .transform((given) => given.toLowerCase())
  .meta({
    description: 'An e-mail address; kept in lower case.',
    override: { format: 'email', pattern: address.source },
  });

/**
 * Length instead of composition rules, and one form for characters that can be typed in several ways
 * (NIST SP 800-63B-4, section 3.1.1.2).
 */
export const password = text({ min: 12, max: 128 }).transform((value) => value.normalize('NFKC'));

/** Only bounded: what was once accepted at registration must always be able to log in. */
export const knownPassword = text({ min: 1, max: 128 }).transform((value) => value.normalize('NFKC'));

export const registration = z
  .strictObject({
    email,
    password,
    name: text({ min: 1, max: 100 }),
  })
  .meta({
    id: 'Registration',
    examples: [{ email: 'ada@example.com', password: 'correct horse battery staple', name: 'Ada' }],
  });

/** What the deletion of a user asks for. */
export const passwordConfirmation = z
  .strictObject({ password: knownPassword })
  .meta({ id: 'PasswordConfirmation', examples: [{ password: 'correct horse battery staple' }] });

/** A user as the API shows it. */
export const user = z
  .object({
    id: z.uuid(),
    email: z.email(),
    name: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({
    id: 'User',
    examples: [
      {
        id: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70',
        email: 'ada@example.com',
        name: 'Ada',
        created_at: '2026-11-21T10:00:00.123456Z',
        updated_at: '2026-11-21T10:00:00.123456Z',
      },
    ],
  });
export type User = z.output<typeof user>;

export type Registration = z.output<typeof registration>;
