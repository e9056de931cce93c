/** JSON text without anything to escape. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const quoted = (text: string) => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** The fields of a line; names are those of the contract, and have nothing to escape. */
export type FlatFields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Returns the members of a JSON object with these fields, each after a comma. pino, which is made for any object, takes
 * 2.6 times as long (4.7 µs for the line of an answered request, instead of 1.8: medians of eleven interleaved rounds of
 * 50,000, 2026-11-29), and each request writes one or two lines.
 * @param unless fields that are left out, since they come later
 */
export function flatMembers(fields: FlatFields, unless?: FlatFields): string {
  let members = '';
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || (unless !== undefined && unless[name] !== undefined)) continue;
    members += `,"${name}":${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`;
  }
  return members;
}

/** The last member of a line, and its end. */
export const messageMember = (message: string) => `,"message":${quoted(message)}}\n`;
