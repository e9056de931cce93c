import { json, type Route, route } from '../http/route.ts';
import type { AccessTokens } from './access-tokens.ts';
import { credentials, publicKeySet, tokenResponse } from './schema.ts';
import type { SessionService } from './service.ts';

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
        ctx.body = await sessions.logIn(body);
        ctx.status = 201;
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
