/** The kinds of values that settings have: each says what it takes, in the words of the message that refuses another. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** A kind of value that a setting can have. */
export interface Kind<Value> {
  /** Completes the sentence "NAME takes …", in error messages and in lists of settings. */
  readonly takes: string;
  /** Makes a value of a text. It refuses one by `undefined` or by throwing: a WrongPart where a part of it is to blame. */
  readonly parse: (text: string) => Value | undefined;
  /** The variable may be unset: then there is no value. */
  readonly optional?: true;
}

/** A part of a text that does not fit. */
export class WrongPart extends Error {
  readonly part: string;

  constructor(part: string) {
    super('A part is wrong.');
    this.part = part;
  }
}

/** The same kind of value, or none when the variable is unset. */
export const optional = <Value>(kind: Kind<Value>): Kind<Value | undefined> => ({ ...kind, optional: true });

export const parsed = <Value>(takes: string, parse: (text: string) => Value | undefined): Kind<Value> => ({
  takes,
  parse,
});

/** A text that fits. */
export const fitting = (takes: string, fits: (text: string) => boolean): Kind<string> => ({
  takes,
  parse: (given) => (fits(given) ? given : undefined),
});

export const matching = (takes: string, pattern: RegExp): Kind<string> =>
  fitting(takes, (given) => pattern.test(given));

export const text = (takes: string): Kind<string> => fitting(takes, (given) => given !== '');

/** Decimal digits and nothing else: Number() also reads 1e3, 0x10, Infinity, and blanks around it. */
export const integer = (min: number, max: number): Kind<number> => ({
  takes: `an integer from ${min} to ${max}`,
  parse: (given) => inRange(/^\d+$/, given, min, max),
});

export const ratio: Kind<number> = {
  takes: 'a number from 0 to 1',
  parse: (given) => inRange(/^(\d+(\.\d*)?|\.\d+)$/, given, 0, 1),
};

/** @param what it counts, as in `seconds` */
export const positive = (what: string, max: number): Kind<number> => ({
  takes: `${what}: a number above 0, ${max} at most`,
  parse: (given) => inRange(/^\d+(\.\d+)?$/, given, Number.MIN_VALUE, max),
});

function inRange(form: RegExp, given: string, min: number, max: number): number | undefined {
  const value = Number(given);
  return form.test(given) && value >= min && value <= max ? value : undefined;
}

/** A yes or no, as variables of make have it. */
export const flag: Kind<boolean> = {
  takes: '0 or 1',
  parse: (given) => (/^[01]$/.test(given) ? given === '1' : undefined),
};

export const oneOf = <const Choice extends string>(...choices: readonly Choice[]): Kind<Choice> => ({
  takes: `one of ${choices.join(', ')}`,
  parse: (given) => choices.find((choice) => choice === given),
});

/** Some of the choices, in their order; all of them when the variable is unset. */
export const someOf = <const Choice extends string>(
  ...choices: readonly Choice[]
): Kind<readonly Choice[]> & { readonly unset: string } => ({
  takes: `some of ${choices.join(', ')}, separated by commas`,
  parse: (given) => {
    const named = given.split(/[\s,]+/).filter((part) => part !== '');
    const unknown = named.find((part) => !choices.some((choice) => choice === part));
    if (unknown !== undefined) throw new WrongPart(unknown);
    return choices.filter((choice) => named.includes(choice));
  },
  unset: choices.join(),
});

/** Several of a kind, separated by commas. */
export const several = <Value>({ takes, parse }: Kind<Value>): Kind<readonly Value[]> => ({
  takes: `${takes}, separated by commas`,
  parse: (given) =>
    given.split(',').map((part) => {
      const value = parse(part.trim());
      if (value === undefined) throw new WrongPart(part.trim());
      return value;
    }),
});

export const address: Kind<string> = fitting('an IP address to listen on', (given) => isIP(given) !== 0);

export const port: Kind<number> = {
  ...integer(0, 65_535),
  takes: 'a port from 1 to 65535, or 0 for a free one',
};

export const fixedPort: Kind<number> = { ...integer(1, 65_535), takes: 'a TCP port from 1 to 65535' };

/** The http address of a server, without a slash at its end. */
export const serverUrl = (example: string): Kind<string> => ({
  takes: `an address such as ${example}, without user and password`,
  parse: (given) => {
    const { protocol, username, password } = new URL(given);
    return /^https?:$/.test(protocol) && username === '' && password === ''
      ? given.replace(/(?<!\/)\/+$/, '')
      : undefined;
  },
});

/** Where PostgreSQL is; the URL's parts, so that no library reads options out of the URL behind our back. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** A host as sockets take it: an IPv6 address without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

export const databaseUrl: Kind<DatabaseAddress> = {
  takes: 'postgres://user:password@host:port/database, with no ?options (DATABASE_TLS and others set those)',
  parse: (given) => {
    const url = new URL(given);
    const database = decodeURIComponent(url.pathname.slice(1));
    if (!/^postgres(ql)?:$/.test(url.protocol) || !url.hostname || !database || url.search) return undefined;
    return {
      host: hostOf(url),
      port: Number(url.port || 5432),
      database,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    };
  },
};

/** The path of a file with a secret, say; the value is what the file holds. */
export const fileText: Kind<string> = {
  takes: 'the path of a readable file that is not empty',
  parse: (path) => readFileSync(path, 'utf8').trim() || undefined,
};

/** The path of certificates; the value is what the file holds. */
export const certificates: Kind<string> = {
  takes: 'the path of a readable PEM file of certificates',
  parse: (path) => {
    const pem = readFileSync(path, 'utf8');
    return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : undefined;
  },
};
