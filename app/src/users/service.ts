import type { Principal } from '../http/authentication.ts';
import { sessionEnded, unauthenticated, unauthorized } from '../http/authentication.ts';
import { Problem } from '../http/problem.ts';
import { auditEnded, requireSession } from '../sessions/ended.ts';
import type { SessionRepository } from '../sessions/repository.ts';
import type { Log } from '../telemetry/log.ts';
import { type AccountLimit, withAccessToken } from './account-limit.ts';
import { requireStrong } from './new-password.ts';
import type { Passwords } from './passwords.ts';
import type { UserRepository, UserRow } from './repository.ts';
import type { PasswordChange, Registration, User } from './schema.ts';

const show = ({ id, email, name, created_at, updated_at }: UserRow): User => ({
  id,
  email,
  name,
  created_at,
  updated_at,
});

export interface UserService {
  /** @param network that the request comes from */
  register(registration: Registration, network: string): Promise<User>;
  get(id: string): Promise<User>;
  /**
   * Erases the user with all that is theirs, provided that it is their password.
   * @param network that the request comes from
   * @param log of the request, for the audit trail
   */
  erase(session: Principal, password: string, network: string, log: Log): Promise<void>;
  /**
   * Changes the password, provided that the current one is right, and ends all other sessions of the user.
   * @param network that asks for it, as rate limits see it
   * @param log of the request, for the audit trail
   */
  changePassword(session: Principal, change: PasswordChange, network: string, log: Log): Promise<void>;
}

const gone = () => unauthenticated('The user of this access token no longer exists.', 'invalid_token');

export function createUserService(
  users: UserRepository,
  sessions: SessionRepository,
  passwords: Passwords,
  accountLimit: AccountLimit,
): UserService {
  /** The user of a session, who says the right password. */
  async function confirm(session: Principal, password: string, network: string, log: Log): Promise<UserRow> {
    const user = await users.findOfSession(session);
    if (!user) throw sessionEnded();
    const attempt = { email: user.email, network: withAccessToken, known: true, userId: user.id, log };
    const { matches } = await accountLimit.guard(attempt, () =>
      passwords.verify(user.password_hash, password, network),
    );
    if (matches) return user;
    log.write('password-not-confirmed', { 'event.outcome': 'failure', 'user.id': user.id });
    throw unauthorized('invalid-credentials', 'This is not the password of your account.');
  }

  async function changePassword(
    session: Principal,
    change: PasswordChange,
    network: string,
    log: Log,
  ): Promise<void> {
    const user = await confirm(session, change.current_password, network, log);
    requireStrong(change.new_password, user, '#/new_password');
    const hash = await passwords.hash(change.new_password, network);
    const ended = await users.holding(user, async () => {
      await users.setPasswordHash(user.id, hash);
      return requireSession(await sessions.endOthers(session, 'password_changed'));
    });
    // The hash was replaced while the password was compared: it is compared with the one that is there now.
    if (!ended) return changePassword(session, change, network, log);
    log.write('password-changed', { 'event.outcome': 'success', 'user.id': user.id });
    auditEnded(log, user.id, ended, 'password_changed');
  }

  return {
    changePassword,
    async register({ email, name, password }, network) {
      requireStrong(password, { email, name });
      const password_hash = await passwords.hash(password, network);
      const user = await users.insert({ email, name, password_hash });
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
    async erase(session, password, network, log) {
      await confirm(session, password, network, log);
      if (!(await users.erase(session))) throw sessionEnded();
    },
  };
}
