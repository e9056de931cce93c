import { encodeCursor, sortKey } from '@sightline/app/src/todos/cursor.ts';
import type { Sort } from '@sightline/app/src/todos/schema.ts';
import type pg from 'pg';

/**
 * The expression that a list is ordered by, where that isn't the column itself: todos without a due time come
 * last both ways.
 */
const ordering: Readonly<Record<string, string>> = {
  due_at: "coalesce(due_at, 'infinity')",
  '-due_at': "coalesce(due_at, '-infinity')",
};

/**
 * The cursor that the service gives with the page that ends at the given place of a user's list, without going
 * through all the pages before.
 * @param place counted from 1
 * @throws Error when the list is shorter
 */
export async function cursorAfter(
  client: pg.Client,
  userId: string,
  sort: Sort,
  place: number,
): Promise<string> {
  const key = sortKey(sort);
  const direction = sort.startsWith('-') ? 'desc' : 'asc';
  // to_json writes times as the service does, but for the Z.
  const { rows } = await client.query<{ key: string | null; id: string }>(
    `select replace(to_json(${key}) #>> '{}', '+00:00', 'Z') as key, id
     from todos where owner_id = $1 and deleted_at is null
     order by ${ordering[sort] ?? key} ${direction}, id ${direction} offset $2 limit 1`,
    [userId, place - 1],
  );
  const [last] = rows;
  if (!last) throw new Error(`The user's list sorted by ${sort} has no ${place} todos.`);
  return encodeCursor({ sort, ...last });
}
