import { networkOf, type RequestState } from '../http/context.ts';
import { json, type Route, route } from '../http/route.ts';
import { passwordChange, passwordConfirmation, registration, user } from './schema.ts';
import type { UserService } from './service.ts';

export function userRoutes(users: UserService): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/users',
      operation: 'registerUser',
      summary: 'Register a user',
      description:
        'An address is a name to log in by: nobody proves that it is theirs, and nothing is sent to it. One that has an ' +
        'account already gets 409, so whoever asks learns that it has; requests are limited for that reason too. ' +
        'A password needs 12 characters, of whichever kind. ' +
        'Refused are the most common ones, also between digits and signs, blanks, repetitions, sequences such as `abc` or `qwerty`, ' +
        'and what has less than 8 characters beside the e-mail address, the name and the name of this service. `errors` says which of these it was.',
      authentication: 'none',
      body: { schema: registration, types: json },
      answers: { 201: { description: 'The new user', schema: user, headers: ['Location'] } },
      problems: ['email-taken'],
      async handler({ body, ctx }) {
        const state = ctx.state as RequestState;
        const user = await users.register(body, networkOf(state));
        state.log.write('user-registered', { 'event.outcome': 'success', 'user.id': user.id });
        ctx.body = user;
        ctx.status = 201;
        ctx.set('Location', '/v1/users/me');
      },
    }),
    route({
      method: 'get',
      path: '/v1/users/me',
      operation: 'getCurrentUser',
      summary: 'See the user of the access token',
      authentication: 'access_token',
      answers: { 200: { description: 'The user', schema: user } },
      async handler({ actor, ctx }) {
        ctx.body = await users.get(actor.userId);
      },
    }),
    route({
      method: 'put',
      path: '/v1/users/me/password',
      operation: 'changePassword',
      summary: 'Change the password of the user of the access token',
      description:
        'The current password is asked for, as often as the limits of wrong passwords allow. All other sessions of the user end; that of the access token goes on.',
      authentication: 'access_token',
      body: { schema: passwordChange, types: json },
      answers: { 204: { description: 'The password is changed, and all other sessions have ended' } },
      problems: ['invalid-credentials'],
      async handler({ body, actor, ctx }) {
        const state = ctx.state as RequestState;
        await users.changePassword(actor, body, networkOf(state), state.log);
        ctx.status = 204;
      },
    }),
    route({
      method: 'delete',
      path: '/v1/users/me',
      operation: 'deleteCurrentUser',
      summary: 'Delete the user of the access token, with all their todos',
      authentication: 'access_token',
      body: { schema: passwordConfirmation, types: json },
      answers: { 204: { description: 'User, todos and sessions are erased' } },
      problems: ['invalid-credentials'],
      async handler({ body, actor, ctx }) {
        const state = ctx.state as RequestState;
        await users.erase(actor, body.password, networkOf(state), state.log);
        actor.audit('user-erased', {});
        ctx.status = 204;
      },
    }),
  ];
}
