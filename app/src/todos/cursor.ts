import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { priority, type Sort, type SortKey, sort, timestamp } from './schema.ts';

/** Where a page ended: the sort it belongs to, the sort key's value there (exact text) and the todo's id. */
export interface Cursor {
  readonly sort: Sort;
  readonly key: string | null;
  readonly id: string;
}

const keyTypes: Readonly<Record<SortKey, z.ZodType<string | null>>> = {
  created_at: timestamp,
  updated_at: timestamp,
  due_at: timestamp.nullable(),
  priority,
};

const cursor = z
  .tuple([sort, z.string().nullable(), z.uuid()])
  .refine(([order, key]) => keyTypes[sortKey(order)].safeParse(key).success);

/** The key of a sort, without its direction. */
export function sortKey(order: Sort): SortKey {
  return order.replace(/^-/, '') as SortKey;
}

/** Opaque text for `next_cursor`; it holds nothing that the page didn't show. */
const encode = (position: readonly unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url');

/** What was encoded, or `undefined` when it doesn't fit the schema. */
function decode<Position>(encoded: string, schema: z.ZodType<Position>): Position | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

const refused = (detail: string) =>
  new Problem('invalid-parameter', 'The query has invalid parameters.', {
    errors: [{ pointer: '?cursor', detail }],
  });
const notOurs = 'is not a cursor of this list; take next_cursor as it was given';

export function encodeCursor({ sort: order, key, id }: Cursor): string {
  return encode([order, key, id]);
}

/**
 * @param order the sort of the request; a cursor made under another one has no place in it
 * @throws Problem invalid-parameter
 */
export function decodeCursor(encoded: string, order: Sort): Cursor {
  const position = decode(encoded, cursor);
  if (!position) throw refused(notOurs);
  const [madeUnder, key, id] = position;
  if (madeUnder !== order) throw refused(`belongs to sort=${madeUnder}, not to sort=${order}`);
  return { sort: order, key, id };
}

const eventCursor = z.tuple([z.literal('event'), z.uuid()]);

/** @param id the last event of the page */
export function encodeEventCursor(id: string): string {
  return encode(['event', id]);
}

/**
 * @returns the id of the event that the page before ended with
 * @throws Problem invalid-parameter
 */
export function decodeEventCursor(encoded: string): string {
  const position = decode(encoded, eventCursor);
  if (!position) throw refused(notOurs);
  return position[1];
}
