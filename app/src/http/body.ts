import { mediaTypeOf, wordsOf } from '@sightline/telemetry/own-server/header-values.ts';
import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';
import { readBody } from './request-body.ts';

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

function isTaken(types: readonly string[], header: string): boolean {
  // As nearly every client writes it.
  if (types.includes(header)) return true;
  const { type = '', charset = 'utf-8' } = mediaTypeOf(header) ?? {};
  return types.includes(type) && charset === 'utf-8';
}

/** The field by which a body can't be read, as it came; `undefined` when it can. */
function unreadable({ headers }: Context, types: readonly string[]): string | undefined {
  const {
    'content-type': type = '',
    'content-encoding': encoding,
    'transfer-encoding': transfer = 'chunked',
  } = headers;
  if (!isTaken(types, type)) return type === '' ? 'no Content-Type' : type;
  if (encoding !== undefined && wordsOf(encoding).some((word) => word !== 'identity'))
    return `Content-Encoding: ${encoding}`;
  if (transfer !== 'chunked' && wordsOf(transfer).some((word) => word !== 'chunked'))
    return `Transfer-Encoding: ${transfer}`;
  return undefined;
}

/**
 * Reads a JSON body into `ctx.request.body`.
 * @param types media types taken; another one, a charset that isn't UTF-8, or a content encoding gets 415
 * @param limit bytes; a longer body gets 413, and the connection ends, since the rest of it was not read
 */
export function jsonBody(types: readonly string[], limit: number): Middleware {
  return async (ctx, next) => {
    const wrong = unreadable(ctx, types);
    if (wrong !== undefined) {
      throw new Problem(
        'unsupported-media-type',
        `The body must be ${types.join(' or ')} in UTF-8 and not compressed; the request says ${wrong}.`,
        { headers: ctx.method === 'PATCH' ? { 'Accept-Patch': types.join(', ') } : {} },
      );
    }
    const bytes = await readBody(ctx.req, ctx.res, limit);
    (ctx.request as { body?: unknown }).body = parseJson(bytes);
    return next();
  };
}
