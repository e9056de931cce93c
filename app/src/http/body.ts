import type { Middleware } from 'koa';
import getRawBody from 'raw-body';
import { Problem } from './problem.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(bytes: Buffer): unknown {
  let json: string;
  try {
    json = utf8.decode(bytes);
  } catch {
    throw new Problem('malformed-request', 'The body is not valid UTF-8.');
  }
  try {
    return JSON.parse(json);
  } catch {
    // The parser's own message quotes the body, which may hold a password.
    throw new Problem(
      'malformed-request',
      bytes.length === 0 ? 'The body is empty; it must be JSON.' : 'The body is not valid JSON.',
    );
  }
}

/**
 * Reads a JSON body into `ctx.request.body`.
 * @param types media types taken; another one, a charset that isn't UTF-8, or a content encoding gets 415
 * @param limit bytes; a longer body gets 413, and the connection ends, since the rest of it was not read
 */
export function jsonBody(types: readonly string[], limit: number): Middleware {
  return async (ctx, next) => {
    const { type, charset } = ctx.request;
    const encoding = ctx.get('content-encoding');
    if (
      !types.includes(type) ||
      (charset && charset.toLowerCase() !== 'utf-8') ||
      (encoding && encoding !== 'identity')
    ) {
      throw new Problem(
        'unsupported-media-type',
        `The body must be ${types.join(' or ')} in UTF-8 and not compressed; the request says ${
          encoding ? `Content-Encoding: ${encoding}` : ctx.get('content-type') || 'no Content-Type'
        }.`,
        { headers: ctx.method === 'PATCH' ? { 'Accept-Patch': types.join(', ') } : {} },
      );
    }
    let bytes: Buffer;
    try {
      bytes = await getRawBody(ctx.req, { limit, length: ctx.get('content-length') || null });
    } catch (error) {
      const { type: reason } = error as { type?: string };
      // The client is gone already, or its bytes were refused while the middleware above ran: nobody reads this.
      if (reason === 'stream.not.readable') {
        throw new Problem('malformed-request', 'The request ended before its body.');
      }
      if (reason !== 'entity.too.large') throw error;
      throw new Problem('body-too-large', `The body may be ${limit} bytes long.`, {
        headers: { Connection: 'close' },
      });
    }
    (ctx.request as { body?: unknown }).body = parseJson(bytes);
    return next();
  };
}
