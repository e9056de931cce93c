/** The kinds of values that only settings of the service have. */
import { BlockList, isIP } from 'node:net';
import { fitting, hostOf, type Kind, matching, parsed, several } from '@sightline/settings/kinds.ts';
import { hostnameOf } from '@sightline/telemetry/own-server/header-values.ts';
import { type SigningKey, signingKeySet } from './sessions/key-set.ts';

export const databaseRole: Kind<string> = matching(
  'the name of a role: lower-case letters, digits and _',
  /^[a-z_][a-z0-9_]{0,62}$/,
);

export const origins = several(
  fitting('origins such as https://app.example.com', (origin) => URL.parse(origin)?.origin === origin),
);

export const hostNames = several(
  fitting(
    'host names such as todo-api.example.com',
    (name) => name !== '' && hostnameOf(name) === name && isIP(name) === 0,
  ),
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
export function isProxyRange(value: string): boolean {
  const [, ip = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(ip)] ?? 0;
  if (bits === 0 || prefix === undefined) return bits > 0;
  const length = Number(prefix);
  return length >= 1 && length <= bits && !holdsPrivateNetwork(ip, length);
}

export const proxyRanges = several(
  fitting(
    'IP addresses and ranges such as 10.0.4.0/22, but no whole private network such as 10.0.0.0/8',
    isProxyRange,
  ),
);

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
