/** The three statements, for peers that write SQL, and what pg makes of a time. */

import { columns } from '@sightline/app/src/todos/fields.ts';
import type { Todo } from '@sightline/app/src/todos/schema.ts';
import pg from 'pg';
import { isPooled } from './settings.ts';

export { columns } from '@sightline/app/src/todos/fields.ts';
export type { Todo } from '@sightline/app/src/todos/schema.ts';

/** A body of `POST /v1/todos`: what isn't given has a default. */
export type NewTodo = Pick<Todo, 'title'> &
  Partial<Pick<Todo, 'description' | 'status' | 'priority' | 'labels' | 'due_at'>>;

/** Times are read as text, since a Date would lose the microseconds. */
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z'));

const list = columns.join(', ');

/** pg prepares what has a name. */
const statement = (name: string, text: string) => (isPooled ? { text } : { name, text });

/** A todo by its id ($1), of an owner ($2). */
export const getTodo = statement(
  'get-todo',
  `select ${list} from todos where id = $1 and owner_id = $2 and deleted_at is null`,
);

/** The newest todos of an owner ($1), $2 at most. */
export const listTodos = statement(
  'list-todos',
  `select ${list} from todos where owner_id = $1 and deleted_at is null
    order by created_at desc, id desc limit $2`,
);

/** The same, older than one that was made at $3 and has the id $4. */
export const listTodosAfter = statement(
  'list-todos-after',
  `select ${list} from todos
    where owner_id = $1 and deleted_at is null and (created_at, id) < ($3::timestamptz, $4::uuid)
    order by created_at desc, id desc limit $2`,
);

/** A todo and the event of its creation. */
const createTodo = statement(
  'create-todo',
  `with created as (
      insert into todos (owner_id, title, description, status, priority, labels, due_at, completed_at)
      values ($1, $2, $3, $4, $5, $6, $7, case when $4::todo_status = 'done' then now() end)
      returning ${list}
    ), event as (
      insert into todo_events (todo_id, actor_id, request_id, action, changes)
      select id, $1, $8, 'created', '{}' from created
    )
    select ${list} from created`,
);

/** The statement that makes a todo, with its values and the defaults of what isn't given. */
export function creation(owner: string, todo: NewTodo, requestId: string) {
  const {
    title,
    description = null,
    status = 'open',
    priority = 'normal',
    labels = [],
    due_at = null,
  } = todo;
  return { ...createTodo, values: [owner, title, description, status, priority, labels, due_at, requestId] };
}
