import type { Context } from 'koa';
import { networkOf, type RequestState } from '../http/context.ts';
import { json, type Route, route } from '../http/route.ts';
import type { AccessTokens } from './access-tokens.ts';
import {
  credentials,
  publicKeySet,
  refreshRequest,
  sessionId,
  sessionItems,
  tokenResponse,
} from './schema.ts';
import type { SessionService } from './service.ts';

const logOf = (ctx: Context) => (ctx.state as RequestState).log;

export function sessionRoutes(sessions: SessionService, tokens: AccessTokens): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/sessions',
      operation: 'logIn',
      summary: 'Log in',
      authentication: 'none',
      body: { schema: credentials, types: json },
      answers: { 201: { description: 'Tokens of the new session', schema: tokenResponse } },
      problems: ['invalid-credentials'],
      async handler({ body, ctx }) {
        ctx.body = await sessions.logIn(body, networkOf(ctx.state as RequestState), logOf(ctx));
        ctx.status = 201;
      },
    }),
    route({
      method: 'post',
      path: '/v1/sessions/refresh',
      operation: 'refreshSession',
      summary: 'Exchange a refresh token for new tokens; each works once',
      description:
        'A refresh token that comes a second time ends its session for everybody who has a token of it, even when both came at once: one of its two holders may be a thief (RFC 9700, section 4.14). So refresh one at a time: tabs and processes that share a session take turns, by a lock such as the Web Locks API has, and read the newest token when it is theirs. When an answer is lost, send the same token again: either it works, or the session has ended and the user logs in again.',
      authentication: 'none',
      body: { schema: refreshRequest, types: json },
      answers: { 200: { description: 'The next tokens of the session', schema: tokenResponse } },
      problems: ['invalid-refresh-token'],
      async handler({ body, ctx }) {
        ctx.body = await sessions.refresh(body.refresh_token, logOf(ctx));
      },
    }),
    route({
      method: 'delete',
      path: '/v1/sessions/current',
      operation: 'logOut',
      summary: 'Log out: end the session of the access token',
      description:
        'No token of the session writes or is refreshed from then on. To read, its access tokens can be used until they expire, 15 minutes at most after they were issued (`expires_in` of the log-in says how long); a client that logs out forgets them. The same holds however a session ends.',
      authentication: 'access_token',
      answers: { 204: { description: 'The session is over; nothing is written or refreshed by its tokens' } },
      async handler({ actor, ctx }) {
        await sessions.logOut(actor, logOf(ctx));
        ctx.status = 204;
      },
    }),
    route({
      method: 'delete',
      path: '/v1/sessions/others',
      operation: 'endOtherSessions',
      summary: 'End all sessions of the user but that of the access token',
      authentication: 'access_token',
      answers: { 204: { description: 'No other session goes on' } },
      async handler({ actor, ctx }) {
        await sessions.endOthers(actor, logOf(ctx));
        ctx.status = 204;
      },
    }),
    route({
      method: 'delete',
      path: '/v1/sessions/:id',
      operation: 'endSession',
      summary: 'End a session of the user',
      authentication: 'access_token',
      params: sessionId,
      answers: { 204: { description: 'The session is over, as after a log-out' } },
      problems: ['not-found'],
      async handler({ params, actor, ctx }) {
        await sessions.end(params.id, actor, logOf(ctx));
        ctx.status = 204;
      },
    }),
    route({
      method: 'get',
      path: '/v1/sessions',
      operation: 'listSessions',
      summary: 'List the sessions of the user that go on, newest first',
      description:
        'A user has a bounded number of sessions (`SESSIONS_PER_USER`): a log-in over it ends the one that was begun longest ago. So there is one page.',
      authentication: 'access_token',
      answers: { 200: { description: 'The sessions', schema: sessionItems } },
      async handler({ actor, ctx }) {
        ctx.body = { items: await sessions.list(actor) };
      },
    }),
    route({
      method: 'get',
      path: '/.well-known/jwks.json',
      operation: 'getKeySet',
      summary: 'Get the keys that access tokens are verified with',
      authentication: 'none',
      answers: { 200: { description: 'The public keys', schema: publicKeySet } },
      handler({ ctx }) {
        ctx.body = tokens.keySet;
        // Short, so that a new key is known everywhere soon after it is rotated in.
        ctx.set('Cache-Control', 'public, max-age=300');
      },
    }),
  ];
}
