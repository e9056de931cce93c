import type { Context } from 'koa';

/** Whether there is no cursor to replace, and nothing that would be written in another way: what most requests have. */
const isPlain = (querystring: string) =>
  !querystring.includes('cursor') && /^(\w+=[\w.-]+(&(?=\w)|$))*$/.test(querystring);

/** The address of the request with another cursor, or with none. */
function pageAt(ctx: Context, cursor: string | undefined): string {
  if (isPlain(ctx.querystring)) {
    const parts = [ctx.querystring, cursor === undefined ? '' : `cursor=${cursor}`].filter(Boolean);
    return parts.length === 0 ? ctx.path : `${ctx.path}?${parts.join('&')}`;
  }
  const query = new URLSearchParams(ctx.querystring);
  query.delete('cursor');
  if (cursor !== undefined) query.set('cursor', cursor);
  return query.size === 0 ? ctx.path : `${ctx.path}?${query}`;
}

/**
 * Sets `Link` (RFC 8288) to the first and, where there is one, the next page of a list.
 * @param nextCursor `null` on the last page
 */
export function linkPages(ctx: Context, nextCursor: string | null): void {
  const links = [`<${pageAt(ctx, undefined)}>; rel="first"`];
  if (nextCursor !== null) links.push(`<${pageAt(ctx, nextCursor)}>; rel="next"`);
  ctx.set('Link', links.join(', '));
}
