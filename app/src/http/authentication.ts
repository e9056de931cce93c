import type { Middleware } from 'koa';
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

/** The 401 of a write whose access token is good, but whose session was ended, has expired, or is gone with its user. */
export const sessionEnded = () =>
  unauthenticated('The session of this access token has ended. Log in again.', 'invalid_token');

/** Whom a token speaks for: a user, in one of their sessions. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
}

/** Tells whose an access token is. */
export interface TokenVerifier {
  /** Whose token it is, or a sentence that says why it is refused. */
  verify(token: string): Promise<Principal | { refused: string }>;
  /** Whose token it is, if it was verified before and has not expired since. */
  known(token: string): Principal | undefined;
}

const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Requires `Authorization: Bearer <access token>` and keeps whose token it is, and of which session. */
export function authentication(tokens: TokenVerifier): Middleware<RequestState> {
  const principalOf = async (token: string): Promise<Principal> => {
    const verified = await tokens.verify(token);
    if ('refused' in verified) throw unauthenticated(verified.refused, 'invalid_token');
    return verified;
  };
  return async (ctx, next) => {
    const token = bearer.exec(ctx.headers.authorization ?? '')?.[1];
    if (token === undefined)
      throw unauthenticated('Send the access token as "Authorization: Bearer <token>".');
    const { userId, sessionId } = tokens.known(token) ?? (await principalOf(token));
    ctx.state.userId = userId;
    ctx.state.sessionId = sessionId;
    return next();
  };
}
