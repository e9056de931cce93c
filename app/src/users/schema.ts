import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { line, text } from '../http/text.ts';
import { minCharacters } from './new-password.ts';

const localPart = "(?=[^@]{1,64}@)[A-Za-z0-9_'+-]+(?:\\.[A-Za-z0-9_'+-]+)*";

/**
 * Letters, digits and `_'+-` between dots, then a host name; of the lengths that RFC 5321, section 4.5.3.1, and
 * RFC 1035, section 2.3.4, allow the parts. The last label holds a letter, as no IPv4 address does. Addresses with quotes or
 * other characters before the `@` aren't taken: few servers deliver to them (SMTPUTF8), and no two agree on their case.
 */
const address = new RegExp(
  `^${localPart}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+(?=[0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$`,
  'i',
);
/** The same as clients may write it: the domain in any script. */
const given = new RegExp(
  `^${localPart}@(?:[A-Za-z0-9\\u00a1-\\uffff-]+[.\\u3002])+[A-Za-z0-9\\u00a1-\\uffff-]{2,}$`,
);
const domainCharacters = /^[\p{L}\p{N}\p{M}\p{Join_Control}.\u3002\uff0e\uff61-]+$/u;

/**
 * An address in lower case, its domain in ASCII (UTS 46), so that each has one spelling. A domain that is ASCII already
 * stays as it is. One that is no domain becomes empty.
 */
function canonicalAddress(written: string): string {
  const at = written.lastIndexOf('@') + 1;
  const domain = written.slice(at);
  const isAscii = /^[\x21-\x7e]*$/.test(domain);
  const ascii = isAscii ? domain : domainCharacters.test(domain) ? domainToASCII(domain) : '';
  // Only ASCII, lest a letter of another script becomes one of it: the Kelvin sign is a k in lower case.
  return `${written.slice(0, at)}${ascii}`.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** E-mail addresses are compared without case, and with their domains in either script, so they are kept in one spelling. */
export const email = z
  .string()
  .max(254, { error: 'must have 254 characters at most', abort: true })
  .transform(canonicalAddress)
  .pipe(
    z
      .string()
      .max(254, { error: 'must have 254 characters at most with its domain in ASCII', abort: true })
      .regex(address, { error: 'must be an e-mail address' }),
  )
  .meta({
    description:
      'An e-mail address; kept in lower case, its domain in ASCII: `a@bücher.example` is `a@xn--bcher-kva.example`. Before the `@` only ASCII is taken.',
    override: { format: 'idn-email', pattern: given.source },
  });

/**
 * A new password: length instead of composition rules, and one form for characters that can be typed in several ways
 * (NIST SP 800-63B-4, section 3.1.1.2). Whose it is says what else it may not be: `requireStrong`.
 */
export const password = text({ min: minCharacters, max: 128 })
  .overwrite((value) => value.normalize('NFKC'))
  // What is typed as two may be one: so it is counted once more.
  .refine((value) => [...value].length >= minCharacters, {
    error: `must have ${minCharacters} characters at least, each counted once however it is typed (NFKC)`,
    when: ({ issues }) => issues.length === 0,
  });

/** Only bounded: what was once accepted at registration must always be able to log in. */
export const knownPassword = text({ min: 1, max: 128 }).transform((value) => value.normalize('NFKC'));

export const registration = z
  .strictObject({
    email,
    password,
    name: line({ max: 100 }),
  })
  .meta({
    id: 'Registration',
    examples: [{ email: 'ada@example.com', password: 'correct horse battery staple', name: 'Ada' }],
  });

/** The body of a request to delete a user. */
export const passwordConfirmation = z
  .strictObject({ password: knownPassword })
  .meta({ id: 'PasswordConfirmation', examples: [{ password: 'correct horse battery staple' }] });

/** The new password is held to what registration asks of one. */
export const passwordChange = z
  .strictObject({ current_password: knownPassword, new_password: password })
  .meta({
    id: 'PasswordChange',
    examples: [
      { current_password: 'correct horse battery staple', new_password: 'a staple for the next battery' },
    ],
  });
export type PasswordChange = z.output<typeof passwordChange>;

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
