/** The requests to the two databases, and which answers are compared with which. */

import { type Sort, sort as sorts } from '@sightline/app/src/todos/schema.ts';
import type pg from 'pg';
import { cursorAfter } from './cursors.ts';
import type { Case } from './measure.ts';
import { labels, searched } from './vocabulary.ts';

const pageSize = 20;
const deepestPage = 10_000;

/** A request to the large database beside the same to the small one, and what it may become with the size. */
export interface Comparison {
  readonly name: string;
  readonly small: Case;
  readonly large: Case;
  /** The second page of the large one's list: the first that has a cursor to be read. */
  readonly second?: Case;
  /** A page far down it. */
  readonly deep?: Case;
  /** A list that the goal of 1.1 is for; undefined for what is measured without one. */
  readonly goal?: boolean;
}

export interface Cases {
  /** Which page the deep ones are. */
  readonly page: number;
  readonly reads: readonly Comparison[];
  readonly writes: readonly Comparison[];
}

/** The database that a user's list is read from. */
export interface Listed {
  readonly client: pg.Client;
  readonly userId: string;
}

const list = (database: Case['database'], name: string, query: string): Case => ({
  name,
  database,
  method: 'GET',
  path: `/v1/todos?limit=${pageSize}&${query}`,
});

/** The 10,000th page, or the last but one where there are fewer. */
async function pageOf({ client, userId }: Listed): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::integer as count from todos where owner_id = $1 and deleted_at is null',
    [userId],
  );
  return Math.min(deepestPage, Math.floor((rows[0]?.count ?? 0) / pageSize) - 1);
}

async function someTodo({ client, userId }: Listed): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'select id from todos where owner_id = $1 and deleted_at is null order by created_at desc limit 1',
    [userId],
  );
  return rows[0]?.id ?? '';
}

const filters: readonly (readonly [name: string, query: string])[] = [
  // In quotes a word is found as it is; without them also as the beginning of a longer one.
  ['search a rare word', `q=%22${searched.rare}%22`],
  ['search a common word', `q=%22${searched.common}%22`],
  ['search a beginning', `q=${searched.beginning}`],
  ['search a common word as typed', `q=${searched.common}`],
  ['a common label', `label=${labels[0]}`],
  ['a rare label', `label=${labels.at(-1)}`],
];

/** Finds what the requests need: a todo to get, and where the deep pages begin. */
export async function casesOf(small: Listed, large: Listed): Promise<Cases> {
  const page = await pageOf(large);
  const pageBy = async (sort: Sort, number: number): Promise<Case> => {
    const cursor = await cursorAfter(large.client, large.userId, sort, (number - 1) * pageSize);
    return list('large', `page ${number} by ${sort}`, `sort=${sort}&cursor=${cursor}`);
  };
  const get = async (database: Case['database'], from: Listed): Promise<Case> => ({
    name: 'get one',
    database,
    method: 'GET',
    path: `/v1/todos/${await someTodo(from)}`,
  });
  const create = (database: Case['database']): Case => ({
    name: 'create',
    database,
    method: 'POST',
    path: '/v1/todos',
    json: { title: 'Made at scale', priority: 'high', labels: ['bench'], due_at: '2027-01-01T08:00:00Z' },
  });
  const sorted: Comparison[] = [];
  for (const sort of sorts.options)
    sorted.push({
      name: `list by ${sort}`,
      small: list('small', `list by ${sort}`, `sort=${sort}`),
      large: list('large', `list by ${sort}`, `sort=${sort}`),
      second: await pageBy(sort, 2),
      deep: await pageBy(sort, page),
      goal: true,
    });
  return {
    page,
    reads: [
      ...sorted,
      { name: 'get one', small: await get('small', small), large: await get('large', large) },
      ...filters.map(([name, query]) => ({
        name,
        small: list('small', name, query),
        large: list('large', name, query),
      })),
    ],
    writes: [{ name: 'create', small: create('small'), large: create('large') }],
  };
}
