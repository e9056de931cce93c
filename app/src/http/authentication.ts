import type { Middleware } from 'koa';
import type { AccessTokens } from '../sessions/access-tokens.ts';
import type { RequestState } from './context.ts';
import { Problem } from './problem.ts';

type Unauthorized = 'unauthenticated' | 'invalid-credentials' | 'invalid-refresh-token';

/** A 401 with the challenge of RFC 6750, section 3. */
export function unauthorized(type: Unauthorized, detail: string, error?: 'invalid_token'): Problem {
  const challenge = error ? `Bearer realm="sightline", error="${error}"` : 'Bearer realm="sightline"';
  return new Problem(type, detail, { headers: { 'WWW-Authenticate': challenge } });
}

/** The 401 of a request that needs an access token and has none, or none that is good. */
export function unauthenticated(detail: string, error?: 'invalid_token'): Problem {
  return unauthorized('unauthenticated', detail, error);
}

/** Requires `Authorization: Bearer <access token>` and keeps whose token it is, and of which session. */
export function authentication(tokens: AccessTokens): Middleware<RequestState> {
  return async (ctx, next) => {
    const [, token] = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(ctx.get('authorization')) ?? [];
    if (token === undefined)
      throw unauthenticated('Send the access token as "Authorization: Bearer <token>".');
    const verified = await tokens.verify(token);
    if ('refused' in verified) throw unauthenticated(verified.refused, 'invalid_token');
    ctx.state.userId = verified.userId;
    ctx.state.sessionId = verified.sessionId;
    return next();
  };
}
