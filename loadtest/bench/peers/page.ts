/** Pages as the service gives them: opaque cursors that hold the sort, its key and the id of the last todo. */
import type { Todo } from './statements.ts';

const sort = '-created_at';

/** The last todo of a page. */
export interface Position {
  readonly createdAt: string;
  readonly id: string;
}

export function readCursor(cursor: string): Position {
  const [, createdAt, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
    string,
    string,
    string,
  ];
  return { createdAt, id };
}

/** @param rows one more than the page has, where more follow */
export function pageOf(rows: readonly Todo[], limit: number) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (last === undefined || rows.length <= limit) return { items, next_cursor: null };
  const cursor = JSON.stringify([sort, last.created_at, last.id]);
  return { items, next_cursor: Buffer.from(cursor).toString('base64url') };
}
