import { sessionEnded } from '../http/authentication.ts';
import type { Actor } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { decodeCursor, decodeEventCursor, encodeCursor, encodeEventCursor, sortKey } from './cursor.ts';
import type { ExpectedVersions, TodoRepository, WriteResult } from './repository.ts';
import type {
  NewTodo,
  Todo,
  TodoHistory,
  TodoHistoryQuery,
  TodoListQuery,
  TodoPage,
  TodoPatch,
} from './schema.ts';

/** A todo of another user, a deleted one and one that never was are the same to who asks: not found. */
export interface TodoService {
  create(todo: NewTodo, actor: Actor): Promise<Todo>;
  /** All or none, in the order given. */
  createAll(todos: readonly NewTodo[], actor: Actor): Promise<Todo[]>;
  get(id: string, actor: Actor): Promise<Todo>;
  list(query: TodoListQuery, actor: Actor): Promise<TodoPage>;
  /** A patch that changes nothing writes nothing: version and history stay. */
  update(id: string, patch: TodoPatch, versions: ExpectedVersions, actor: Actor): Promise<Todo>;
  delete(id: string, versions: ExpectedVersions, actor: Actor): Promise<void>;
  /** Brings a deleted todo back. */
  restore(id: string, versions: ExpectedVersions, actor: Actor): Promise<Todo>;
  /** Lists what happened to a todo, oldest first; a deleted one has its history as well. */
  history(id: string, query: TodoHistoryQuery, actor: Actor): Promise<TodoHistory>;
}

const notFound = () => new Problem('not-found', 'You have no todo with this id.');

const otherVersion = ({ version }: Todo) =>
  new Problem(
    'precondition-failed',
    `The todo is at version ${version} by now. Read it and decide again; If-Match takes "${version}", without W/.`,
    { headers: { ETag: `"${version}"` } },
  );

const notDeleted = () =>
  new Problem('not-deleted', 'Only a deleted todo can be restored, and this one was not deleted.');

/** The todo of a write that was carried out, or that had nothing to do. */
function requireDone(result: WriteResult): Todo {
  if (result.outcome === 'session_ended') throw sessionEnded();
  if (result.outcome === 'absent') throw notFound();
  if (result.outcome === 'other_version') throw otherVersion(result.todo);
  if (result.outcome === 'not_deleted') throw notDeleted();
  return result.todo;
}

/** The result of an insertion; nothing means that its session has ended. */
function requireSession<Created>(created: Created | undefined): Created {
  if (!created) throw sessionEnded();
  return created;
}

export function createTodoService(todos: TodoRepository): TodoService {
  async function get(id: string, actor: Actor): Promise<Todo> {
    const todo = await todos.find(id, actor);
    if (!todo) throw notFound();
    return todo;
  }

  return {
    async create(todo, actor) {
      const created = requireSession(await todos.insert(todo, actor));
      actor.audit('todo-created', { 'labels.todo_id': created.id });
      return created;
    },
    async createAll(items, actor) {
      const created = requireSession(await todos.insertAll(items, actor));
      actor.audit('todos-created', { 'labels.todo_count': created.length });
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
      const result = await todos.update(id, patch, versions, actor);
      const todo = requireDone(result);
      if (result.outcome === 'written')
        actor.audit('todo-updated', { 'labels.todo_id': id, 'labels.changed_fields': Object.keys(patch) });
      return todo;
    },
    async delete(id, versions, actor) {
      requireDone(await todos.delete(id, versions, actor));
      actor.audit('todo-deleted', { 'labels.todo_id': id });
    },
    async restore(id, versions, actor) {
      const todo = requireDone(await todos.restore(id, versions, actor));
      actor.audit('todo-restored', { 'labels.todo_id': id });
      return todo;
    },
    async history(id, { limit, cursor }, actor) {
      const after = cursor === undefined ? undefined : decodeEventCursor(cursor);
      const found = await todos.events(id, after, limit, actor);
      // All events may be older than they are kept, so a todo without any is looked for.
      if (found.length === 0 && !(await todos.findAny(id, actor))) throw notFound();
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, next_cursor: last && found.length > limit ? encodeEventCursor(last.id) : null };
    },
  };
}
