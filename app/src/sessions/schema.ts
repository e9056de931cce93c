import { z } from 'zod';
import { text } from '../http/text.ts';
import { email } from '../users/schema.ts';

/** The password is only bounded: what was once accepted at registration must always be able to log in. */
export const credentials = z.strictObject({
  email,
  password: text({ min: 1, max: 128 }).transform((value) => value.normalize('NFKC')),
});
export type Credentials = z.output<typeof credentials>;
