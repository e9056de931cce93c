import { z } from 'zod';
import { text } from '../http/text.ts';

/** E-mail addresses are compared without case, so they are kept in lower case. */
export const email = z
  .string()
  .max(254, { error: 'must have 254 characters at most', abort: true })
  .pipe(z.email({ error: 'must be an e-mail address' }))
  .transform((address) => address.toLowerCase());

/**
 * Length instead of composition rules, and one form for characters that can be typed in several ways
 * (NIST SP 800-63B-4, section 3.1.1.2).
 */
export const password = text({ min: 12, max: 128 }).transform((value) => value.normalize('NFKC'));

/** Only bounded: what was once accepted at registration must always be able to log in. */
export const knownPassword = text({ min: 1, max: 128 }).transform((value) => value.normalize('NFKC'));

export const registration = z.strictObject({
  email,
  password,
  name: text({ min: 1, max: 100 }),
});
/** What the deletion of a user asks for. */
export const passwordConfirmation = z.strictObject({ password: knownPassword });

/** A user as the API shows it. */
export const user = z.object({
  id: z.uuid(),
  email: z.email(),
  name: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type User = z.output<typeof user>;

export type Registration = z.output<typeof registration>;
