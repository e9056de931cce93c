/** Looks through the todos: pages, filters, searches. */
import { bodyOf, call, think } from '../k6/api.ts';
import { journey } from '../k6/journey.ts';

const maxPages = 3;

export const reader = journey(({ token, todoId }) => {
  let cursor: string | null = '';
  for (let page = 0; page < maxPages && cursor !== null; page += 1) {
    const query: string = `limit=20${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    cursor = bodyOf<{ next_cursor: string | null }>(call('listTodos', 200, { token, query })).next_cursor;
    think();
  }
  call('listTodos', 200, { token, query: 'q=certificate&limit=10' });
  think();
  call('listTodos', 200, { token, query: 'priority=urgent&sort=due_at' });
  const { headers } = call('getTodo', 200, { token, id: todoId });
  think();
  call('getTodo', 304, { token, id: todoId, headers: { 'If-None-Match': headers['Etag'] ?? '' } });
});
