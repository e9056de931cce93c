import type { Context } from 'koa';
import { answerNotModified, expectedVersions, setVersion } from '../http/conditional.ts';
import { json, mergePatch, type Route, route } from '../http/route.ts';
import type { Todo } from './repository.ts';
import { newTodo, todoId, todoListQuery, todoPatch } from './schema.ts';
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
      authentication: 'access_token',
      query: todoListQuery,
      async handler({ query, actor, ctx }) {
        ctx.body = await todos.list(query, actor);
      },
    }),
    route({
      method: 'post',
      path: '/v1/todos',
      authentication: 'access_token',
      body: { schema: newTodo, types: json },
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
      authentication: 'access_token',
      params: todoId,
      async handler({ params, actor, ctx }) {
        const todo = await todos.get(params.id, actor);
        answer(ctx, todo);
        answerNotModified(ctx, todo.version);
      },
    }),
    route({
      method: 'patch',
      path: '/v1/todos/:id',
      authentication: 'access_token',
      params: todoId,
      body: { schema: todoPatch, types: mergePatch },
      async handler({ params, body, actor, ctx }) {
        answer(ctx, await todos.update(params.id, body, expectedVersions(ctx), actor));
      },
    }),
    route({
      method: 'delete',
      path: '/v1/todos/:id',
      authentication: 'access_token',
      params: todoId,
      async handler({ params, actor, ctx }) {
        await todos.delete(params.id, expectedVersions(ctx), actor);
        ctx.status = 204;
      },
    }),
  ];
}
