import type { Context } from 'koa';
import { Problem } from './problem.ts';

/** RFC 9110, section 8.8.3: opaque text in quotes, with W/ before a weak one; several after commas. */
export const entityTagList = /^(W\/)?"[\x21\x23-\x7e]*"(\s*,\s*(W\/)?"[\x21\x23-\x7e]*")*$/;
const entityTag = /(?<weak>W\/)?"(?<opaque>[^"]*)"/g;

/** The entity tags of a header, or `undefined` when it isn't a list of them. */
function parseEntityTags(header: string): { weak: boolean; opaque: string }[] | undefined {
  if (!entityTagList.test(header)) return undefined;
  return [...header.matchAll(entityTag)].map(({ groups = {} }) => ({
    weak: groups['weak'] !== undefined,
    opaque: groups['opaque'] ?? '',
  }));
}

/**
 * Whether this is a version as PostgreSQL counts them: an integer of 32 bits; it takes no larger number for
 * one.
 */
const isVersion = (opaque: string) => /^[1-9]\d{0,9}$/.test(opaque) && Number(opaque) < 2 ** 31;

/** Sets the ETag of a version, and lets caches keep the answer as long as they ask each time. */
export function setVersion(ctx: Context, version: number): void {
  ctx.res.setHeader('ETag', `"${version}"`);
  ctx.res.setHeader('Cache-Control', 'private, no-cache');
}

/**
 * Empties an answer (304) when `If-None-Match` has its version (RFC 9110, section 13.1.2). Koa's own `fresh` is
 * no help: it obeys the `Cache-Control: no-cache` that browsers' fetch adds to a conditional request.
 */
export function answerNotModified(ctx: Context, version: number | string): void {
  const header = ctx.headers['if-none-match']?.trim();
  if (header === undefined) return;
  if (header === '*' || parseEntityTags(header)?.some(({ opaque }) => opaque === String(version)))
    ctx.status = 304;
}

/**
 * The versions that `If-Match` names (RFC 9110, section 13.1.1). Weak tags and those we never made match none.
 * @returns `undefined` when the header is absent or `*`
 * @throws Problem malformed-request
 */
export function expectedVersions(ctx: Context): readonly number[] | undefined {
  const header = ctx.get('if-match').trim();
  if (header === '' || header === '*') return undefined;
  const tags = parseEntityTags(header);
  if (!tags) {
    throw new Problem('malformed-request', 'If-Match must be * or a list of entity tags such as "3".', {
      errors: [{ pointer: 'If-Match', detail: 'is not a list of entity tags' }],
    });
  }
  return tags.flatMap(({ weak, opaque }) => (!weak && isVersion(opaque) ? [Number(opaque)] : []));
}
