/** JSON text without anything to escape. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const quoted = (text: string) => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** What a field of a line can be; names are those of the contract, and have nothing to escape. */
export type FlatFields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * The members of a JSON object with these fields, each after a comma. pino, which is made for any object, takes
 * twice the time (2.8 µs a line of a request against 1.1 to 2.0), and each request writes one or two.
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
