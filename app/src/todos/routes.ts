import type { Context } from 'koa';
import { answerNotModified, expectedVersions, setVersion } from '../http/conditional.ts';
import { linkPages } from '../http/pagination.ts';
import { json, mergePatch, type Route, route } from '../http/route.ts';
import {
  maxItems,
  newTodo,
  newTodos,
  type Todo,
  todoHistory,
  todoHistoryQuery,
  todoId,
  todoItems,
  todoListQuery,
  todoPage,
  todoPatch,
  todo as todoShape,
} from './schema.ts';
import type { TodoService } from './service.ts';

/** At least the one request that it is, at most as many as the schema takes. */
function itemsIn(body: unknown): number {
  const { items } = (body ?? {}) as { items?: unknown };
  return Math.min(Math.max(Array.isArray(items) ? items.length : 1, 1), maxItems);
}

function answer(ctx: Context, todo: Todo): void {
  ctx.body = todo;
  setVersion(ctx, todo.version);
}

export function todoRoutes(todos: TodoService): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/todos',
      operation: 'listTodos',
      summary: 'List todos',
      description:
        'Others may write while you page. Sorted by `created_at`, up or down, a todo that is there and matches all the while is met exactly once; by `updated_at` at least once, since each change moves it further up. By `-updated_at`, and by a `priority` or `due_at` that is changed meanwhile, it may be met twice or not at all.',
      authentication: 'access_token',
      query: todoListQuery,
      answers: { 200: { description: 'A page of todos', schema: todoPage, headers: ['Link'] } },
      async handler({ query, actor, ctx }) {
        const page = await todos.list(query, actor);
        ctx.body = page;
        linkPages(ctx, page.next_cursor);
      },
    }),
    route({
      method: 'post',
      path: '/v1/todos',
      operation: 'createTodo',
      summary: 'Create a todo',
      authentication: 'access_token',
      body: { schema: newTodo, types: json },
      idempotent: true,
      answers: { 201: { description: 'The new todo', schema: todoShape, headers: ['ETag', 'Location'] } },
      problems: ['quota-exceeded'],
      async handler({ body, actor, ctx }) {
        const todo = await todos.create(body, actor);
        answer(ctx, todo);
        ctx.status = 201;
        ctx.set('Location', `/v1/todos/${todo.id}`);
      },
    }),
    route({
      method: 'post',
      path: '/v1/todos/batch',
      operation: 'createTodos',
      summary: 'Create several todos, all or none',
      description: 'Counts as so many requests in the limits by user as it has items.',
      cost: itemsIn,
      authentication: 'access_token',
      body: { schema: newTodos, types: json },
      idempotent: true,
      answers: { 201: { description: 'The new todos, in the order given', schema: todoItems } },
      problems: ['quota-exceeded'],
      async handler({ body, actor, ctx }) {
        ctx.body = { items: await todos.createAll(body.items, actor) };
        ctx.status = 201;
      },
    }),
    route({
      method: 'get',
      path: '/v1/todos/:id',
      operation: 'getTodo',
      summary: 'Read a todo',
      authentication: 'access_token',
      headers: ['If-None-Match'],
      params: todoId,
      answers: {
        200: { description: 'The todo', schema: todoShape, headers: ['ETag'] },
        304: { description: 'It still has the version of If-None-Match', headers: ['ETag'] },
      },
      problems: ['not-found'],
      async handler({ params, actor, ctx }) {
        const todo = await todos.get(params.id, actor);
        answer(ctx, todo);
        answerNotModified(ctx, todo.version);
      },
    }),
    route({
      method: 'patch',
      path: '/v1/todos/:id',
      operation: 'updateTodo',
      summary: 'Change a todo',
      authentication: 'access_token',
      headers: ['If-Match'],
      params: todoId,
      body: { schema: todoPatch, types: mergePatch },
      answers: { 200: { description: 'The todo as it is now', schema: todoShape, headers: ['ETag'] } },
      problems: ['not-found', 'precondition-failed', 'quota-exceeded'],
      async handler({ params, body, actor, ctx }) {
        answer(ctx, await todos.update(params.id, body, expectedVersions(ctx), actor));
      },
    }),
    route({
      method: 'delete',
      path: '/v1/todos/:id',
      operation: 'deleteTodo',
      summary: 'Delete a todo',
      authentication: 'access_token',
      headers: ['If-Match'],
      params: todoId,
      answers: { 204: { description: 'It is deleted' } },
      problems: ['not-found', 'precondition-failed'],
      async handler({ params, actor, ctx }) {
        await todos.delete(params.id, expectedVersions(ctx), actor);
        ctx.status = 204;
      },
    }),
    route({
      method: 'post',
      path: '/v1/todos/:id/restore',
      operation: 'restoreTodo',
      summary: 'Bring a deleted todo back',
      authentication: 'access_token',
      params: todoId,
      headers: ['If-Match'],
      answers: { 200: { description: 'The todo as it is now', schema: todoShape, headers: ['ETag'] } },
      problems: ['not-found', 'not-deleted', 'precondition-failed'],
      async handler({ params, actor, ctx }) {
        answer(ctx, await todos.restore(params.id, expectedVersions(ctx), actor));
      },
    }),
    route({
      method: 'get',
      path: '/v1/todos/:id/history',
      operation: 'getTodoHistory',
      summary: 'See what happened to a todo',
      description:
        'In the order of its versions. Each version has a later time than the one before, whatever the clock of the server says.',
      authentication: 'access_token',
      params: todoId,
      query: todoHistoryQuery,
      answers: {
        200: { description: 'A page of its changes, oldest first', schema: todoHistory, headers: ['Link'] },
      },
      problems: ['not-found'],
      async handler({ params, query, actor, ctx }) {
        const page = await todos.history(params.id, query, actor);
        ctx.body = page;
        linkPages(ctx, page.next_cursor);
      },
    }),
  ];
}
