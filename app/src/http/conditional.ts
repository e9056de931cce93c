import type { Context } from 'koa';
import { Problem } from './problem.ts';

const entityTags = /^\s*((W\/)?"[\x21\x23-\x7e]*"\s*(,\s*(?=\S)|$))+$/;

/** Sets the ETag of a version, and lets caches keep the answer as long as they ask each time. */
export function setVersion(ctx: Context, version: number): void {
  ctx.set({ ETag: `"${version}"`, 'Cache-Control': 'private, no-cache' });
}

/** Makes an answer with an ETag empty (304) when `If-None-Match` has it (RFC 9110, section 13.1.2). */
export function answerNotModified(ctx: Context): void {
  ctx.status = 200;
  if (ctx.fresh) ctx.status = 304;
}

/**
 * The versions that `If-Match` names (RFC 9110, section 13.1.1). Weak tags and those we never made match none.
 * @returns `undefined` when the header is absent or `*`
 * @throws Problem malformed-request
 */
export function expectedVersions(ctx: Context): readonly number[] | undefined {
  const header = ctx.get('if-match').trim();
  if (header === '' || header === '*') return undefined;
  if (!entityTags.test(header)) {
    throw new Problem('malformed-request', 'If-Match must be * or a list of entity tags such as "3".', {
      errors: [{ pointer: 'If-Match', detail: 'is not a list of entity tags' }],
    });
  }
  const tags = header.matchAll(/(?<weak>W\/)?"(?<version>[^"]*)"/g);
  return [...tags].flatMap(({ groups }) =>
    !groups?.['weak'] && /^[1-9]\d{0,8}$/.test(groups?.['version'] ?? '')
      ? [Number(groups?.['version'])]
      : [],
  );
}
