import { unauthenticated } from '../http/authentication.ts';
import type { Actor } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { decodeCursor, encodeCursor, sortKey } from './cursor.ts';
import type { ExpectedVersions, TodoRepository } from './repository.ts';
import type { NewTodo, Todo, TodoListQuery, TodoPage, TodoPatch } from './schema.ts';

/** A todo of another user, a deleted one and one that never was are the same to who asks: not found. */
export interface TodoService {
  create(todo: NewTodo, actor: Actor): Promise<Todo>;
  get(id: string, actor: Actor): Promise<Todo>;
  list(query: TodoListQuery, actor: Actor): Promise<TodoPage>;
  /** A patch that changes nothing writes nothing: version and history stay. */
  update(id: string, patch: TodoPatch, versions: ExpectedVersions, actor: Actor): Promise<Todo>;
  delete(id: string, versions: ExpectedVersions, actor: Actor): Promise<void>;
}

export function createTodoService(todos: TodoRepository): TodoService {
  async function get(id: string, actor: Actor): Promise<Todo> {
    const todo = await todos.find(id, actor);
    if (!todo) throw new Problem('not-found', 'You have no todo with this id.');
    return todo;
  }

  /** The todo, provided that it has one of the versions. */
  async function getExpected(id: string, versions: ExpectedVersions, actor: Actor): Promise<Todo> {
    const todo = await get(id, actor);
    if (versions && !versions.includes(todo.version)) {
      throw new Problem(
        'precondition-failed',
        `The todo is at version ${todo.version} by now. Read it and decide again.`,
        {
          headers: { ETag: `"${todo.version}"` },
        },
      );
    }
    return todo;
  }

  return {
    async create(todo, actor) {
      const created = await todos.insert(todo, actor);
      if (!created) throw unauthenticated('The user of this access token no longer exists.', 'invalid_token');
      return created;
    },
    get,
    async list({ cursor, ...query }, actor) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor, query.sort);
      const found = await todos.list(query, after, actor);
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      if (!last || found.length <= query.limit) return { items, next_cursor: null };
      return {
        items,
        next_cursor: encodeCursor({ sort: query.sort, key: last[sortKey(query.sort)], id: last.id }),
      };
    },
    async update(id, patch, versions, actor) {
      const changed = Object.keys(patch).length > 0 && (await todos.update(id, patch, versions, actor));
      return changed || getExpected(id, versions, actor);
    },
    async delete(id, versions, actor) {
      const deleted = await todos.delete(id, versions, actor);
      if (!deleted) await getExpected(id, versions, actor);
    },
  };
}
