import { isIP } from 'node:net';
import type { Middleware } from 'koa';
import proxyAddr from 'proxy-addr';
import type { RequestState } from './context.ts';

/** The eight groups of an IPv6 address, each without leading zeros. */
function ipv6Groups(address: string): string[] {
  const [text = ''] = address.split('%');
  const inGroups = text.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = [], tail = []] = inGroups
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16).toString(16));
}

/** The IPv4 address inside an IPv4-mapped IPv6 one (RFC 4291, section 2.5.5.2); any other as it is. */
export function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = ipv6Groups(address);
  if (groups.slice(0, 6).join(':') !== '0:0:0:0:0:ffff') return address;
  return groups
    .slice(6)
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    .join('.');
}

/** What one client has: an IPv4 address, or the 64-bit IPv6 network that a line or a host is given whole. */
export function clientNetwork(address: string): string {
  return isIP(address) === 6 ? `${ipv6Groups(address).slice(0, 4).join(':')}::/64` : address;
}

/** An address as far as it may be written down: the first 24 bits of an IPv4 address, 48 of an IPv6 address. */
export function truncatedAddress(address: string): string {
  return isIP(address) === 6
    ? `${ipv6Groups(address).slice(0, 3).join(':')}::`
    : address.replace(/\.\d+$/, '.0');
}

/**
 * Keeps who sends the request. `X-Forwarded-For` is read from its end and only as far as trusted proxies wrote it:
 * the rest is whatever the client made up.
 * @param trusted addresses and ranges of the proxies
 */
export function clientAddress(trusted: readonly string[] = []): Middleware<RequestState> {
  if (trusted.length === 0) {
    return (ctx, next) => {
      ctx.state.clientAddress = unmapped(ctx.req.socket.remoteAddress ?? '');
      return next();
    };
  }
  const trust = proxyAddr.compile([...trusted]);
  return (ctx, next) => {
    // Text that is no address can only be before those of the proxies; then the last proxy stands for its client.
    const nearest = proxyAddr.all(ctx.req, trust).findLast((address) => isIP(address ?? '') !== 0);
    ctx.state.clientAddress = unmapped(nearest ?? '');
    return next();
  };
}
