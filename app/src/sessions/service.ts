import { Problem } from '../http/problem.ts';
import type { Passwords } from '../users/passwords.ts';
import type { UserRepository } from '../users/repository.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { Credentials, TokenResponse } from './schema.ts';

export interface SessionService {
  logIn(credentials: Credentials): Promise<TokenResponse>;
}

export function createSessionService(
  users: UserRepository,
  passwords: Passwords,
  tokens: AccessTokens,
): SessionService {
  return {
    async logIn({ email, password }) {
      const user = await users.findByEmail(email);
      const matches = await passwords.verify(user?.password_hash, password);
      // One answer for both, so that nobody can ask who is registered.
      if (!user || !matches)
        throw new Problem('invalid-credentials', 'No user has this e-mail address and password.');
      const { token, expiresIn } = await tokens.issue(user.id);
      return { access_token: token, token_type: 'Bearer', expires_in: expiresIn };
    },
  };
}
