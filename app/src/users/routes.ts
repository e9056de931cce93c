import { json, type Route, route } from '../http/route.ts';
import { registration } from './schema.ts';
import type { UserService } from './service.ts';

export function userRoutes(users: UserService): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/users',
      authentication: 'none',
      body: { schema: registration, types: json },
      async handler({ body, ctx }) {
        ctx.body = await users.register(body);
        ctx.status = 201;
        ctx.set('Location', '/v1/users/me');
      },
    }),
    route({
      method: 'get',
      path: '/v1/users/me',
      authentication: 'access_token',
      async handler({ actor, ctx }) {
        ctx.body = await users.get(actor.userId);
      },
    }),
  ];
}
