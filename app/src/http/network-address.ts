import { isIP, SocketAddress } from 'node:net';

/**
 * The one spelling of an address: IPv6 as RFC 5952 writes it, without zone; an IPv4 address inside an IPv4-mapped one
 * (RFC 4291, section 2.5.5.2) as IPv4. Text that is no address stays as it is.
 */
export function canonicalAddress(text: string): string {
  if (isIP(text) !== 6) return text;
  const { address } = new SocketAddress({ address: text.replace(/%.*/, ''), family: 'ipv6' });
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** The first groups of an IPv6 address, each without leading zeros. */
function firstGroups(address: string, count: number): string {
  const [head = '', tail] = canonicalAddress(address)
    .replace(/(?:\d{1,3}\.){3}\d{1,3}$/, '0:0')
    .split('::');
  const [before = [], after = []] = [head, tail].map((part) => (part ? part.split(':') : []));
  const zeros = Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].slice(0, count).join(':');
}

/**
 * The network of one client: an IPv4 address, or the 64-bit IPv6 network that a line or a host is given
 * whole.
 */
export function clientNetwork(address: string): string {
  return isIP(address) === 6 ? `${firstGroups(address, 4)}::/64` : address;
}

/** An address as far as it may be written down: the first 24 bits of an IPv4 address, 48 of an IPv6 address. */
export function truncatedAddress(address: string): string {
  return isIP(address) === 6 ? `${firstGroups(address, 3)}::` : address.replace(/\.\d+$/, '.0');
}
