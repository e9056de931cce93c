import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { priority, timestamp } from './fields.ts';
import { type Sort, type SortKey, sort } from './schema.ts';

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
  .transform(([order, key, id], context): Cursor => {
    const { data, success } = keyTypes[sortKey(order)].safeParse(key);
    if (!success) context.addIssue({ code: 'custom' });
    return { sort: order, key: data ?? null, id };
  });

/** The key of a sort, without its direction. */
export function sortKey(order: Sort): SortKey {
  return order.replace(/^-/, '') as SortKey;
}

/** Opaque text for `next_cursor`; it holds nothing that the page didn't show. */
const encode = (position: readonly unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url');

/**
 * Decodes a position. It is `undefined` when it doesn't fit the schema, or isn't what `encode` writes: Node's decoder passes
 * over characters that are not base64url, so that a damaged cursor would be taken for a good one.
 */
function decode<Position>(encoded: string, schema: z.ZodType<Position>): Position | undefined {
  try {
    const position: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    return Array.isArray(position) && encode(position) === encoded
      ? schema.safeParse(position).data
      : undefined;
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
  if (position.sort !== order) throw refused(`belongs to sort=${position.sort}, not to sort=${order}`);
  return position;
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
