import { isIP } from 'node:net';
import { canonicalAddress } from './network-address.ts';

/** Why a hop has no address: what is written is none, or the proxy keeps it to itself, as RFC 7239 allows. */
export type Unreadable = 'malformed' | 'hidden';

/** The address of whom a proxy had its request from, or why there is none. */
export type Hop = { readonly address: string } | { readonly unreadable: Unreadable };

const token = "[!#$%&'*+.^_`|~\\w-]+";
const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
const quotedString = new RegExp(`^${quoted}$`);
/** A member of an element of `Forwarded` with what ends it; it may be empty. */
const pair = new RegExp(`[ \\t]*(?:(${token})=(?:(${token})|${quoted})[ \\t]*)?(?:;|$)`, 'y');
/** A host in brackets or without, and a port, which may be obfuscated as a name (RFC 7239, section 6). */
const hostAndPort = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(?:\d{1,5}|_[\w.-]+))?$/;

const unescaped = (text: string) => text.replace(/\\(.)/g, '$1');

/** Reads an address with or without port: `203.0.113.7:54321`, `[2001:db8::1]:443`, also `unknown` and `_hidden`. */
function readNode(node: string): Hop {
  if (isIP(node)) return { address: canonicalAddress(node) };
  const [, inBrackets, bare] = hostAndPort.exec(node) ?? [];
  const host = inBrackets ?? bare ?? '';
  if (isIP(host)) return { address: canonicalAddress(host) };
  return { unreadable: /^(?:unknown|_[\w.-]+)$/i.test(bare ?? '') ? 'hidden' : 'malformed' };
}

/** Reads an element of `Forwarded` (RFC 7239, section 4), such as `for="[2001:db8::1]:4711";proto=https`. */
function readElement(element: string): Hop {
  const parameters = new Map<string, string>();
  for (let end = 0; end < element.length; end = pair.lastIndex) {
    pair.lastIndex = end;
    const [match, name = '', plain, inQuotes = ''] = pair.exec(element) ?? [];
    const key = name.toLowerCase();
    if (match === undefined || parameters.has(key)) return { unreadable: 'malformed' };
    if (key !== '') parameters.set(key, plain ?? unescaped(inQuotes));
  }
  const node = parameters.get('for');
  return node === undefined ? { unreadable: 'hidden' } : readNode(node);
}

/** Readers of one member of a list that proxies write, by the name of the header field. */
const readers = {
  'x-forwarded-for': (member: string): Hop => {
    const [, inQuotes] = quotedString.exec(member) ?? [];
    return readNode(inQuotes === undefined ? member : unescaped(inQuotes));
  },
  forwarded: readElement,
} as const;
export type ForwardedHeader = keyof typeof readers;

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

/**
 * Where the last member of a list begins. Quotes are followed from the end: what the proxies appended is well-formed
 * there, whatever a client has put before it. From the start, its one unclosed quote would swallow all of that.
 */
function startOfLast(list: string): number {
  let quoting = false;
  for (let at = list.length - 1; at >= 0; at -= 1) {
    if (list[at] === ',' && !quoting) return at + 1;
    if (list[at] === '"') quoting = !quoting || isEscaped(list, at);
  }
  return 0;
}

/** The hops that a header field tells of, the nearest first; empty members of its list are none. */
export function* hops(header: ForwardedHeader, value: string): Generator<Hop> {
  for (let left = value; left !== ''; ) {
    const start = startOfLast(left);
    const member = left.slice(start).trim();
    if (member !== '') yield readers[header](member);
    left = left.slice(0, Math.max(0, start - 1));
  }
}
