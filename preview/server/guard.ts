/** Guards every request: headers that keep pages to themselves, and refusals of what is no reader of them. */

import { readTarget } from '@sightline/telemetry/own-server/request-target.ts';
import { namesOther } from '@sightline/telemetry/own-server/web-pages.ts';
import type { Middleware } from 'koa';
import { Refusal } from './refusal.ts';

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Values of `Sec-Fetch-Site` that may read data: the address bar, or a page of this server. */
const ownFetchSites = ['', 'none', 'same-origin'];

/**
 * Nobody logs in here, so what a reader's browser can fetch, any page in it could fetch too, under a name that it points
 * at this address (DNS rebinding): only addresses and localhost are taken as the host. Links of other pages may lead to
 * the pages here, but only the pages here read data.
 */
export const guard: Middleware = async (ctx, next) => {
  ctx.set(headers);
  if (namesOther(ctx.headers.host))
    throw new Refusal(
      403,
      'This preview is asked for by its IP address or as localhost: http://127.0.0.1 with its port.',
    );
  if (ctx.path.startsWith('/api/') && !ownFetchSites.includes(ctx.get('Sec-Fetch-Site')))
    throw new Refusal(403, 'Another web page asks for data of this preview. Only its own pages may.');
  await next();
};

/** Answers a refusal with its sentence, and what nobody expected with one that says where its reason is. */
export const refusals: Middleware = async (ctx, next) => {
  try {
    // Before anything asks for the path, which would throw again in here.
    const wrong = readTarget(ctx.req);
    if (wrong !== undefined) throw new Refusal(400, wrong);
    await next();
  } catch (error) {
    const isRefusal = error instanceof Refusal;
    if (!isRefusal) console.error(error);
    const sentence = isRefusal
      ? error.message
      : 'The preview made a mistake; its log says which: make logs C=page.';
    ctx.status = isRefusal ? error.status : 500;
    if (ctx.path.startsWith('/api/')) ctx.body = { error: sentence };
    else {
      ctx.type = 'text/plain';
      ctx.body = `${sentence}\n`;
    }
  }
};
