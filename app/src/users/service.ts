import { unauthenticated, unauthorized } from '../http/authentication.ts';
import { Problem } from '../http/problem.ts';
import type { Log } from '../telemetry/log.ts';
import { type AccountLimit, withAccessToken } from './account-limit.ts';
import type { Passwords } from './passwords.ts';
import type { UserRepository, UserRow } from './repository.ts';
import type { Registration, User } from './schema.ts';

const show = ({ id, email, name, created_at, updated_at }: UserRow): User => ({
  id,
  email,
  name,
  created_at,
  updated_at,
});

export interface UserService {
  register(registration: Registration): Promise<User>;
  get(id: string): Promise<User>;
  /**
   * Erases the user with all that is theirs, provided that it is their password.
   * @param log of the request, for the audit trail
   */
  erase(id: string, password: string, log: Log): Promise<void>;
}

const gone = () => unauthenticated('The user of this access token no longer exists.', 'invalid_token');

export function createUserService(
  users: UserRepository,
  passwords: Passwords,
  accountLimit: AccountLimit,
): UserService {
  return {
    async register({ email, name, password }) {
      const user = await users.insert({ email, name, password_hash: await passwords.hash(password) });
      if (!user) {
        throw new Problem('email-taken', 'Another account uses this e-mail address.', {
          errors: [{ pointer: '#/email', detail: 'is registered already' }],
        });
      }
      return show(user);
    },
    async get(id) {
      const user = await users.findById(id);
      if (!user) throw gone();
      return show(user);
    },
    async erase(id, password, log) {
      const user = await users.findById(id);
      if (!user) throw gone();
      const attempt = { email: user.email, network: withAccessToken, known: true, userId: id, log };
      const { matches } = await accountLimit.guard(attempt, () =>
        passwords.verify(user.password_hash, password),
      );
      if (!matches) throw unauthorized('invalid-credentials', 'This is not the password of your account.');
      if (!(await users.erase(id))) throw gone();
    },
  };
}
