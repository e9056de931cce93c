import type { Logger } from 'pino';
import { unauthorized } from '../http/authentication.ts';
import type { Passwords } from '../users/passwords.ts';
import type { UserRepository } from '../users/repository.ts';
import type { AccessTokens, Principal } from './access-tokens.ts';
import { generateRefreshToken, hashRefreshToken } from './refresh-tokens.ts';
import type { SessionRepository } from './repository.ts';
import type { Credentials, TokenResponse } from './schema.ts';

export interface SessionService {
  logIn(credentials: Credentials): Promise<TokenResponse>;
  /**
   * Exchanges a refresh token for new tokens. It works once: a token used again was copied, and nobody can tell
   * which of its two holders is the thief, so the session is revoked for both. There is no grace window in which
   * a token works twice: a thief who is quick would go unnoticed in it. The price is that a client which loses
   * the answer, or refreshes twice at once, has to log in again.
   * @param log of the request, for the line that a replay deserves
   */
  refresh(refreshToken: string, log: Logger): Promise<TokenResponse>;
  /** Ends the session: no refresh from now on. Its access tokens live out their minutes. */
  logOut(session: Principal): Promise<void>;
}

interface Parts {
  readonly sessions: SessionRepository;
  readonly users: UserRepository;
  readonly passwords: Passwords;
  readonly tokens: AccessTokens;
}

// One answer for both, so that nobody can ask who is registered.
const wrongCredentials = () =>
  unauthorized('invalid-credentials', 'No user has this e-mail address and password.');

export function createSessionService({ sessions, users, passwords, tokens }: Parts): SessionService {
  async function answer(session: Principal, refreshToken: string): Promise<TokenResponse> {
    const { token, expiresIn } = await tokens.issue(session);
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresIn,
      refresh_token: refreshToken,
    };
  }

  return {
    async logIn({ email, password }) {
      const user = await users.findByEmail(email);
      const { matches, renewedHash } = await passwords.verify(user?.password_hash, password);
      if (!user || !matches) throw wrongCredentials();
      if (renewedHash) await users.replacePasswordHash(user.id, user.password_hash, renewedHash);
      const { token, hash } = generateRefreshToken();
      const session = await sessions.start(user.id, hash);
      if (!session) throw wrongCredentials();
      return answer(session, token);
    },
    async refresh(refreshToken, log) {
      const given = hashRefreshToken(refreshToken);
      const { token, hash } = generateRefreshToken();
      const session = await sessions.rotate(given, hash);
      if (session) return answer(session, token);
      const revoked = await sessions.revokeReplayed(given);
      if (revoked) {
        log.warn(
          { session_id: revoked.sessionId, user_id: revoked.userId },
          'a refresh token came twice: its session is revoked',
        );
      }
      // One answer whatever was wrong, so that a thief learns nothing about the token.
      throw unauthorized(
        'invalid-refresh-token',
        'The refresh token is not valid, or not any more. Log in again.',
        'invalid_token',
      );
    },
    logOut: (session) => sessions.revoke(session),
  };
}
