import type { Context } from 'koa';

/** Strings taken of one request; more can't be looked for in a message in reasonable time. */
const most = 1000;

/** The strings in a JSON value, names included. */
function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) yield name;
      yield* stringsIn(member);
    }
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
  for (const part of ctx.path.split('/')) yield* [part, decoded(part)];
  for (const pair of new URLSearchParams(ctx.querystring)) yield* pair;
  yield* stringsIn((ctx.request as { body?: unknown }).body);
}

/** Everything that a client sent, string by string, so that no message repeats it. */
export function sentInput(ctx: Context): string[] {
  return [...new Set(partsOf(ctx).take(most))];
}
