import type { Context } from 'koa';
import type { RequestState } from '../http/context.ts';
import { clientNetwork } from '../http/network-address.ts';
import { json, type Route, route } from '../http/route.ts';
import type { AccessTokens } from './access-tokens.ts';
import { credentials, publicKeySet, refreshRequest, tokenResponse } from './schema.ts';
import type { SessionService } from './service.ts';

const logOf = (ctx: Context) => (ctx.state as RequestState).log;
const networkOf = (ctx: Context) => clientNetwork((ctx.state as RequestState).clientAddress);

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
        ctx.body = await sessions.logIn(body, networkOf(ctx), logOf(ctx));
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
      authentication: 'access_token',
      answers: { 204: { description: 'The session is over, its refresh token of no more use' } },
      async handler({ actor, ctx }) {
        await sessions.logOut(actor, logOf(ctx));
        ctx.status = 204;
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
