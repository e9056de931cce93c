import type { Context } from 'koa';
import { answerNotModified, expectedVersions, setVersion } from '../http/conditional.ts';
import { json, mergePatch, type Route, route } from '../http/route.ts';
import {
  newTodo,
  type Todo,
  todoId,
  todoListQuery,
  todoPage,
  todoPatch,
  todo as todoShape,
} from './schema.ts';
import type { TodoService } from './service.ts';

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
      authentication: 'access_token',
      query: todoListQuery,
      answers: { 200: { description: 'A page of todos', schema: todoPage } },
      async handler({ query, actor, ctx }) {
        ctx.body = await todos.list(query, actor);
      },
    }),
    route({
      method: 'post',
      path: '/v1/todos',
      operation: 'createTodo',
      summary: 'Create a todo',
      authentication: 'access_token',
      body: { schema: newTodo, types: json },
      answers: { 201: { description: 'The new todo', schema: todoShape, headers: ['ETag', 'Location'] } },
      async handler({ body, actor, ctx }) {
        const todo = await todos.create(body, actor);
        answer(ctx, todo);
        ctx.status = 201;
        ctx.set('Location', `/v1/todos/${todo.id}`);
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
      problems: ['not-found', 'precondition-failed'],
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
  ];
}
