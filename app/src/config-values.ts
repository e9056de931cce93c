import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { hostnameOf } from '@sightline/telemetry/own-server/header-values.ts';
import { z } from 'zod';
import { type SigningKey, signingKeySet } from './sessions/key-set.ts';

/** A kind of value that a setting can have. */
export interface Kind<Value> {
  /** Completes the sentence "NAME takes …", in error messages and in docs/configuration.md. */
  readonly takes: string;
  /** Text to value. Gets `undefined` only when the variable is unset and has no default. */
  readonly schema: z.ZodType<Value, string | undefined>;
}

/** What `parse` makes of a text; it refuses one by `undefined` or by throwing. */
const parsed = <Value>(takes: string, parse: (text: string) => Value | undefined): Kind<Value> => ({
  takes,
  schema: z.string().transform((text, context) => {
    try {
      const value = parse(text);
      if (value !== undefined) return value;
    } catch {
      // What was wrong could quote a secret; that it was wrong is enough, beside what the setting takes.
    }
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }),
});

/** The same kind of value, or none when the variable is unset. */
export const optional = <Value>(kind: Kind<Value>): Kind<Value | undefined> => ({
  takes: kind.takes,
  schema: kind.schema.optional(),
});

export const integer = (min: number, max: number): Kind<number> => ({
  takes: `an integer from ${min} to ${max}`,
  schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(min).max(max)),
});

export const databaseRole: Kind<string> = {
  takes: 'the name of a role: lower-case letters, digits and _',
  schema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/),
};

export const ratio: Kind<number> = {
  takes: 'a number from 0 to 1',
  schema: z
    .string()
    .regex(/^(\d+(\.\d*)?|\.\d+)$/)
    .transform(Number)
    .pipe(z.number().min(0).max(1)),
};

export const oneOf = <const Choice extends string>(...choices: Choice[]): Kind<Choice> => ({
  takes: `one of ${choices.join(', ')}`,
  schema: z.string().pipe(z.enum(choices)),
});

export const text = (takes: string): Kind<string> => ({ takes, schema: z.string().min(1) });

export const address: Kind<string> = {
  takes: 'an IP address to listen on',
  schema: z.string().refine((value) => isIP(value) !== 0),
};

export const port: Kind<number> = {
  ...integer(0, 65_535),
  takes: 'a port from 1 to 65535, or 0 for a free one',
};

/** Texts separated by commas, each of which has to fit. */
const list = (takes: string, fits: (text: string) => boolean): Kind<readonly string[]> => ({
  takes: `${takes}, separated by commas`,
  schema: z
    .string()
    .transform((value) => value.split(',').map((part) => part.trim()))
    .pipe(z.array(z.string().refine(fits))),
});

export const origins = list(
  'origins such as https://app.example.com',
  (origin) => URL.parse(origin)?.origin === origin,
);

export const hostNames = list(
  'host names such as todo-api.example.com',
  (name) => name !== '' && hostnameOf(name) === name && isIP(name) === 0,
);

/** The networks of RFC 1918, 6598 and 4193, which anybody's machines are in, not only anybody's proxies. */
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fd00::/8'].map(
  (network) => {
    const [first = '', prefix] = network.split('/');
    return { first, prefix: Number(prefix), family: isIP(first) === 6 ? 'ipv6' : 'ipv4' } as const;
  },
);

/** Whether a range holds all of a private network, also one that is spelt as IPv4 within IPv6. */
function holdsPrivateNetwork(ip: string, prefix: number): boolean {
  const range = new BlockList();
  range.addSubnet(ip, prefix, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
  return privateNetworks.some(({ first, prefix: narrowest, family }) =>
    isIP(ip) === 6 && family === 'ipv4'
      ? prefix <= 96 + narrowest && range.check(`::ffff:${first}`, 'ipv6')
      : prefix <= narrowest && range.check(first, family),
  );
}

/**
 * An IP address, or a range of them as `10.0.4.0/22`; never every address and never a whole private network. Behind a
 * hop that hides its client by an address of its own in there, anyone could name any.
 */
function isProxyRange(value: string): boolean {
  const [, ip = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(ip)] ?? 0;
  if (bits === 0 || prefix === undefined) return bits > 0;
  const length = Number(prefix);
  return length >= 1 && length <= bits && !holdsPrivateNetwork(ip, length);
}

export const proxyRanges = list(
  'IP addresses and ranges such as 10.0.4.0/22, but no whole private network such as 10.0.0.0/8',
  isProxyRange,
);

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '');

/** Where Redis is; the URL's parts, so that no library puts the URL into a message. */
export interface RedisAddress {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
}

export const redisUrl = parsed<RedisAddress>(
  'redis://user:password@host:port/database-number, or rediss:// for TLS; all but the host may be left out',
  (value) => {
    const url = new URL(value);
    const [, database] = /^\/?(\d{0,4})$/.exec(url.pathname) ?? [];
    if (!/^rediss?:$/.test(url.protocol) || !url.hostname || database === undefined || url.search)
      return undefined;
    return {
      tls: url.protocol === 'rediss:',
      host: hostOf(url),
      port: Number(url.port || 6379),
      ...(url.username && { username: decodeURIComponent(url.username) }),
      ...(url.password && { password: decodeURIComponent(url.password) }),
      database: Number(database),
    };
  },
);

/** Where PostgreSQL is; the URL's parts, so that no library reads options out of the URL behind our back. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export const databaseUrl = parsed<DatabaseAddress>(
  'postgres://user:password@host:port/database, with no ?options (DATABASE_TLS and others set those)',
  (value) => {
    const url = new URL(value);
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
);

/** Whether a text is the http address of a server on this machine, and nothing else. */
export function isLocalServer(value: string): boolean {
  const url = URL.parse(value);
  if (url?.protocol !== 'http:' || url.href !== `${url.origin}/`) return false;
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** Where a collector takes OTLP over HTTP. */
export const otlpEndpoint = parsed(
  'http://host:port or https://…, without user, password, ? and # (secrets belong into OTEL_EXPORTER_OTLP_HEADERS)',
  (value) => {
    const url = new URL(value);
    const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
    return /^https?:$/.test(url.protocol) && plain ? url.href : undefined;
  },
);

/** `name=value` pairs as OpenTelemetry's variables have them: the values percent-encoded. */
export const namedValues = parsed<Readonly<Record<string, string>>>(
  'name=value, separated by commas, with what is special in a value percent-encoded',
  (value) => {
    const pairs = value.split(',').map((pair) => pair.split(/=(.*)/s, 2).map((part) => part.trim()));
    const valid = ([name = '', value]: readonly string[]) =>
      /^[\w.!#$%&'*+^`|~-]+$/.test(name) && value !== undefined && /^[\x21-\x7e]*$/.test(value);
    if (!pairs.every(valid)) return undefined;
    return Object.fromEntries(pairs.map(([name, value = '']) => [name, decodeURIComponent(value)]));
  },
);

export const jwtKeys = parsed<readonly SigningKey[]>(
  'a JSON Web Key Set {"keys":[…]} of Ed25519 or RSA (2048 bits or more) keys with distinct kid; ' +
    'the first signs and must be private, all verify',
  (value) => signingKeySet.parse(JSON.parse(value)),
);

/** The path of certificates; the value is what the file holds. */
export const certificates = parsed('the path of a readable PEM file of certificates', (path) => {
  const pem = readFileSync(path, 'utf8');
  return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : undefined;
});
