import { isIP } from 'node:net';
import type { Context, Middleware } from 'koa';
import { hostnameOf } from '../http/header-values.ts';
import { Problem } from '../http/problem.ts';

/** What the browser says of where a request comes from: typed by a person, or from a page of this server's own. */
const ownFetchSites = ['', 'none', 'same-origin'];

/** By its address or as localhost: a name can be pointed anywhere. */
function asksByName(ctx: Context): boolean {
  const host = hostnameOf(ctx.get('Host'));
  return host !== 'localhost' && isIP(host) === 0;
}

const reasons: readonly { readonly when: (ctx: Context) => boolean; readonly detail: string }[] = [
  {
    when: (ctx) => ctx.get('Origin') !== '' || !ownFetchSites.includes(ctx.get('Sec-Fetch-Site')),
    detail: 'The request comes from a web page. Send it with a tool such as curl.',
  },
  {
    when: asksByName,
    detail: 'The request names a host. Ask for this address by its IP address or as localhost.',
  },
];

/**
 * Refuses what a browser sends for a page. This server knows nobody, and trusts whoever reaches it; but any page
 * that an operator looks at reaches the loopback of their machine too. It could change the log level or have the
 * service stand still by requests across origins, which browsers mark, and even read a heap snapshot under a name
 * of its own that it points at this address (DNS rebinding), which is why only addresses are taken as host.
 * @param paths the beginning of those it watches over
 */
export function refuseWebPages(paths: string): Middleware {
  return (ctx, next) => {
    const reason = ctx.path.startsWith(paths) && reasons.find(({ when }) => when(ctx));
    if (reason) throw new Problem('web-page-refused', reason.detail);
    return next();
  };
}
