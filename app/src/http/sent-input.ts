import type { Context } from 'koa';

/** Strings taken of one request; more can't be looked for in a message in reasonable time. */
const max = 1000;

/** Plain words are what names and paths are made of here as anywhere: to mask them would leave no message readable. */
const isName = (text: string) => /^[a-z_-]{1,20}$/.test(text);

function* unlessName(texts: Iterable<string>): Generator<string> {
  for (const text of texts) if (!isName(text)) yield text;
}

/** The strings in a JSON value. */
function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    if (!Array.isArray(value)) yield* unlessName(Object.keys(value));
    for (const member of Object.values(value)) yield* stringsIn(member);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function* partsOf(ctx: Context): Generator<string> {
  for (const value of Object.values(ctx.headers)) yield* stringsIn(value);
  yield* ctx.get('authorization').split(' ').slice(1);
  yield* ctx.get('cookie').split(/[;=]\s*/);
  for (const part of ctx.path.split('/')) yield* unlessName([part, decoded(part)]);
  const query = new URLSearchParams(ctx.querystring);
  yield* unlessName(query.keys());
  yield* query.values();
  yield* stringsIn((ctx.request as { body?: unknown }).body);
}

/** Everything that a client sent, string by string, so that no message repeats it. */
export function sentInput(ctx: Context): string[] {
  return [...new Set(partsOf(ctx).take(max))];
}
