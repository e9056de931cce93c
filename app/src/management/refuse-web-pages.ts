import { isIP } from 'node:net';
import type { Context, Middleware } from 'koa';
import { Problem } from '../http/problem.ts';

/** What the browser says of where a request comes from: typed by a person, or from a page of this server's own. */
const ownFetchSites = ['', 'none', 'same-origin'];

/** The host that the client asked for, without port and brackets. */
const hostOf = ({ host }: Context) => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

const reasons: readonly { readonly when: (ctx: Context) => boolean; readonly detail: string }[] = [
  {
    when: (ctx) => ctx.get('Origin') !== '' || !ownFetchSites.includes(ctx.get('Sec-Fetch-Site')),
    detail: 'The request comes from a web page. Send it with a tool such as curl.',
  },
  {
    when: (ctx) => hostOf(ctx) !== 'localhost' && isIP(hostOf(ctx)) === 0,
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
