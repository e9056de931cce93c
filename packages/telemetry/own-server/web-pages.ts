/**
 * Tells what a browser sends for a web page, for servers that know nobody and trust whoever reaches them. Any page that
 * an operator looks at reaches the loopback of their machine too: by requests across origins, which browsers mark, and
 * under a name of its own that it points at this address (DNS rebinding), where browsers mark nothing.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostnameOf } from './header-values.ts';

/**
 * Values of `Sec-Fetch-Site` for requests that are let in: typed by a person, or from a page of this server's
 * own.
 */
const ownFetchSites = [undefined, 'none', 'same-origin'];

/**
 * Whether a request names a host that a stranger could have pointed here: any but an address, `localhost` and the
 * server's own names. What names no host is from no browser.
 * @param names in lower case
 */
export function namesOther(host: string | undefined, names: readonly string[] = []): boolean {
  if (host === undefined) return false;
  const name = hostnameOf(host);
  return name !== 'localhost' && isIP(name) === 0 && !names.includes(name);
}

interface Server {
  /** Names that the server is reached by, beside `localhost` and its addresses; in lower case. */
  readonly names?: readonly string[] | undefined;
  /** Whether a link of another page may lead here: where nothing is changed, and only the reader sees the answer. */
  readonly links: boolean;
}

/** Why a request is refused that a page had a browser send, as a sentence or two; `undefined` for any other. */
export function whyFromPage(headers: IncomingHttpHeaders, { names, links }: Server): string | undefined {
  if (namesOther(headers.host, names))
    return 'The request names a host. Ask for this server by its IP address or as localhost.';
  const isLink = links && headers['sec-fetch-mode'] === 'navigate';
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || !(isLink || ownFetchSites.includes(site as string | undefined)))
    return 'The request comes from a web page. Send it with a tool such as curl.';
  return undefined;
}
