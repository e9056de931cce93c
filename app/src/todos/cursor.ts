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
export function encodeCursor({ sort: order, key, id }: Cursor): string {
  return Buffer.from(JSON.stringify([order, key, id])).toString('base64url');
}

/**
 * @param order the sort of the request; a cursor made under another one has no place in it
 * @throws Problem invalid-parameter
 */
export function decodeCursor(encoded: string, order: Sort): Cursor {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(encoded, 'base64url').toString());
  } catch {
    // Refused below, like JSON that is no cursor.
  }
  const parsed = cursor.safeParse(decoded);
  if (parsed.success && parsed.data[0] === order) {
    const [, key, id] = parsed.data;
    return { sort: order, key, id };
  }
  const detail = parsed.success
    ? `belongs to sort=${parsed.data[0]}, not to sort=${order}`
    : 'is not a cursor of this API; take next_cursor as it was given';
  throw new Problem('invalid-parameter', 'The query has invalid parameters.', {
    errors: [{ pointer: '?cursor', detail }],
  });
}
