import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Todo } from '../../src/todos/schema.ts';
import { type Sort, sort as sorts } from '../../src/todos/schema.ts';
import { startApi, type TestApi } from '../support/api.ts';

/** A time with all six digits of its second, so that text sorts as time does. */
const exact = (time: string) =>
  time.replace(/(\.\d+)?Z$/, (_, fraction = '.') => `${fraction.padEnd(7, '0')}Z`);

interface Page {
  items: Todo[];
  next_cursor: string | null;
}

const priorities = ['low', 'normal', 'high', 'urgent'] as const;
const statuses = ['open', 'in_progress', 'done'] as const;

/** Todo number `n` of a set in which each sort key has equal and missing values. */
const sample = (n: number) => ({
  title: `todo ${n}`,
  status: statuses[n % 3],
  priority: priorities[n % 4],
  labels: n % 2 ? ['odd'] : ['even', 'half'],
  due_at: n % 5 === 0 ? null : `2026-12-${String(10 + (n % 7)).padStart(2, '0')}T00:00:00.00000${n % 3}Z`,
});

describe('the list of todos', () => {
  let api: TestApi;
  let token: string;
  const all: Todo[] = [];

  const page = async (query: string, as = token) => {
    const answer = await api.send<Page>('GET', `/v1/todos?${query}`, { token: as });
    expect({ query, status: answer.status, text: answer.status === 200 ? '' : answer.text }).toEqual({
      query,
      status: 200,
      text: '',
    });
    return answer.body;
  };

  /** Follows next_cursor to the end; `between` runs before each further page. */
  async function walk(
    query: string,
    { as = token, between }: { as?: string; between?: () => Promise<void> } = {},
  ) {
    const items: Todo[] = [];
    for (let cursor = ''; ; ) {
      const { items: found, next_cursor: next } = await page(`${query}${cursor && `&cursor=${cursor}`}`, as);
      items.push(...found);
      if (next === null) return items;
      expect(found.length).toBeGreaterThan(0);
      cursor = next;
      await between?.();
    }
  }

  beforeAll(async () => {
    api = await startApi();
    ({ token } = await api.newUser());
    for (let n = 0; n < 40; n += 1) {
      all.push((await api.send<Todo>('POST', '/v1/todos', { token, json: sample(n) })).body);
    }
  });
  afterAll(() => api.stop());

  /** The order the API promises, said once more and independently: by key, nulls last, then by id. */
  function expectedOrder(todos: readonly Todo[], order: Sort): Todo[] {
    const sign = order.startsWith('-') ? -1 : 1;
    const key = order.replace('-', '') as 'created_at' | 'due_at' | 'priority' | 'updated_at';
    const rank = (todo: Todo) => {
      if (key === 'priority') return priorities.indexOf(todo.priority);
      return todo[key] === null ? null : exact(todo[key]);
    };
    const compare = <T>(a: T, b: T) => (a === b ? 0 : a < b ? -sign : sign);
    return todos.toSorted((a, b) => {
      const [x, y] = [rank(a), rank(b)];
      if (x === null || y === null) return x === y ? compare(a.id, b.id) : x === null ? 1 : -1;
      return compare(x, y) || compare(a.id, b.id);
    });
  }

  describe.each(sorts.options)('sort=%s', (order) => {
    test.each([1, 7, 40, 100])('in pages of %i is whole and in order', async (limit) => {
      const items = await walk(`sort=${order}&limit=${limit}`);
      expect(items.map(({ title }) => title)).toEqual(expectedOrder(all, order).map(({ title }) => title));
    });

    test('meets each todo once while others are inserted, changed and deleted', async () => {
      const user = await api.newUser();
      const made: Todo[] = [];
      const add = async (n: number) =>
        made.push((await api.send<Todo>('POST', '/v1/todos', { token: user.token, json: sample(n) })).body);
      for (let n = 0; n < 25; n += 1) await add(n);
      const [stay, go] = [made.filter((_, n) => n % 5 !== 4), made.filter((_, n) => n % 5 === 4)];
      let n = 100;
      const items = await walk(`sort=${order}&limit=3`, {
        as: user.token,
        between: async () => {
          // Bounded, since todos that sort behind the cursor lengthen the walk.
          if (n < 120) await add(n);
          n += 1;
          const victim = go.pop();
          if (victim) await api.send('DELETE', `/v1/todos/${victim.id}`, { token: user.token });
        },
      });
      const seen = items.map(({ id }) => id);
      expect(new Set(seen).size).toBe(seen.length);
      expect(stay.filter(({ id }) => !seen.includes(id))).toEqual([]);
    });
  });

  test('is newest first in pages of 20 unless asked otherwise', async () => {
    const { items } = await page('');
    expect(items.map(({ title }) => title)).toEqual(
      all
        .slice(-20)
        .reverse()
        .map(({ title }) => title),
    );
  });

  const filters: [string, (todo: Todo) => boolean][] = [
    ['status=in_progress', (todo) => todo.status === 'in_progress'],
    ['priority=urgent', (todo) => todo.priority === 'urgent'],
    ['label=odd', (todo) => todo.labels.includes('odd')],
    ['label=half', (todo) => todo.labels.includes('half')],
    ['label=hal', () => false],
    [
      'due_before=2026-12-12T00:00:00.000001Z',
      ({ due_at }) => due_at !== null && exact(due_at) < '2026-12-12T00:00:00.000001Z',
    ],
    [
      'due_after=2026-12-14T02:00:00%2B02:00',
      ({ due_at }) => due_at !== null && exact(due_at) > '2026-12-14T00:00:00.000000Z',
    ],
    [
      'status=open&priority=low&label=even',
      (todo) => todo.status === 'open' && todo.priority === 'low' && todo.labels.includes('even'),
    ],
    ['deleted=only', () => false],
  ];
  test.each(filters)('%s keeps what fits, in every sort', async (filter, fits) => {
    const expected = all
      .filter(fits)
      .map(({ id }) => id)
      .sort();
    for (const order of sorts.options) {
      const items = await walk(`${filter}&sort=${order}&limit=3`);
      expect(items.map(({ id }) => id).sort()).toEqual(expected);
      expect(items).toEqual(expectedOrder(items, order));
    }
  });

  test('holds nothing of another user, also not by a cursor taken from one', async () => {
    const other = await api.newUser();
    const { next_cursor: cursor } = await page('limit=1');
    expect(await page(`cursor=${cursor}`, other.token)).toEqual({ items: [], next_cursor: null });
  });

  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const id = '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01';
  test.each([
    ['sort=title', '?sort'],
    ['sort=-created_at,id', '?sort'],
    ['limit=0', '?limit'],
    ['limit=101', '?limit'],
    ['limit=-1', '?limit'],
    ['limit=1e1', '?limit'],
    ['limit=5&limit=6', '?limit'],
    ['limit=', '?limit'],
    ['status=closed', '?status'],
    ['deleted=include', '?deleted'],
    ['due_before=tomorrow', '?due_before'],
    ['due_before=2026-02-30T00:00:00Z', '?due_before'],
    ['due_after=2026-01-01', '?due_after'],
    ['due_after=2026-01-01T00:00:00-17:06', '?due_after'],
    ['label=', '?label'],
    ['label=%00', '?label'],
    ['offset=3', '?offset'],
    ['__proto__=x', '?__proto__'],
    ['cursor=', '?cursor'],
    ['cursor=abc', '?cursor'],
    [`cursor=${'a'.repeat(501)}`, '?cursor'],
    [`cursor=${forged(null)}`, '?cursor'],
    [`cursor=${forged(['-created_at', '2026-01-01T00:00:00Z', 'no uuid'])}`, '?cursor'],
    [`cursor=${forged(['-created_at', "'; drop table todos", id])}`, '?cursor'],
    [`cursor=${forged(['-created_at', null, id])}`, '?cursor'],
    [`cursor=${forged(['-created_at', '0000-01-01T00:00:00Z', id])}`, '?cursor'],
    [`sort=priority&cursor=${forged(['priority', 'highest', id])}`, '?cursor'],
    [`sort=priority&cursor=${forged(['-created_at', '2026-01-01T00:00:00Z', id])}`, '?cursor'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await api.send('GET', `/v1/todos?${query}`, { token });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ type: '/problems/invalid-parameter', errors: [{ pointer }] });
  });
});
