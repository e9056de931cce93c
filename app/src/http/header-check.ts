import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/**
 * Refuses a header with more fields than the limit, and one that doesn't name its host once, as HTTP/1.1 asks
 * (RFC 9112, section 3.2). Node.js would drop the fields over a limit, and answer a missing host, without a word.
 */
export function headerCheck(limit: number): Middleware {
  return (ctx, next) => {
    const { rawHeaders, httpVersion } = ctx.req;
    if (httpVersion !== '1.1' && httpVersion !== '1.0') {
      throw new Problem('malformed-request', `This service speaks HTTP/1.1, and no HTTP/${httpVersion}.`);
    }
    // Names and values by turns.
    if (rawHeaders.length > 2 * limit) {
      throw new Problem('header-too-large', `A request may have ${limit} header fields.`);
    }
    let hosts = 0;
    for (let n = 0; n < rawHeaders.length; n += 2) {
      const name = rawHeaders[n] as string;
      if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    }
    if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
      throw new Problem('malformed-request', 'A request must name its host once, in the header field Host.');
    }
    return next();
  };
}
