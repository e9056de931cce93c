import type { Labels, Metrics } from '@sightline/telemetry/metrics.ts';
import type { Principal } from '../http/authentication.ts';
import { unauthorized } from '../http/authentication.ts';
import { Problem } from '../http/problem.ts';
import type { Log } from '../telemetry/log.ts';
import type { AccountLimit } from '../users/account-limit.ts';
import type { Passwords } from '../users/passwords.ts';
import type { UserRepository } from '../users/repository.ts';
import type { AccessTokens } from './access-tokens.ts';
import { auditEnded, requireSession } from './ended.ts';
import { generateRefreshToken, hashRefreshToken } from './refresh-tokens.ts';
import type { SessionRepository, Started } from './repository.ts';
import type { Credentials, Session, TokenResponse } from './schema.ts';

export interface SessionService {
  /**
   * @param network that the request comes from
   * @param log of the request, for the audit trail
   */
  logIn(credentials: Credentials, network: string, log: Log): Promise<TokenResponse>;
  /**
   * Exchanges a refresh token for new tokens. It works once: a token used again was copied, and nobody can tell
   * which of its two holders is the thief, so the session is revoked for both. There is no grace window in which
   * a token works twice: a thief who is quick would go unnoticed in it. The price is that a client which loses
   * the answer, or refreshes twice at once, has to log in again.
   * @param log of the request, for the audit trail
   */
  refresh(refreshToken: string, log: Log): Promise<TokenResponse>;
  /** Ends the session: no refresh and no write from now on. One that is over stays so. */
  logOut(session: Principal, log: Log): Promise<void>;
  /** The user's sessions that go on, newest first. */
  list(caller: Principal): Promise<Session[]>;
  /**
   * Ends a session of the user.
   * @throws Problem not-found for one that is over, somebody else's or nobody's
   */
  end(id: string, caller: Principal, log: Log): Promise<void>;
  /** Ends the user's sessions but the one that asks. */
  endOthers(caller: Principal, log: Log): Promise<void>;
}

interface Parts {
  readonly sessions: SessionRepository;
  readonly users: UserRepository;
  readonly passwords: Passwords;
  readonly accountLimit: AccountLimit;
  readonly tokens: AccessTokens;
  readonly metrics: Metrics;
}

// One answer for both, so that nobody can ask who is registered.
const wrongCredentials = () =>
  unauthorized('invalid-credentials', 'No user has this e-mail address and password.');

type Outcome = Labels<'auth_attempts_total'>['outcome'];
type LoggedIn =
  | ({ readonly outcome: 'success'; readonly token: string } & Started)
  | { readonly outcome: 'failure'; readonly reason: string; readonly userId?: string };
type Exchanged =
  | { readonly outcome: 'success'; readonly session: Principal; readonly token: string }
  | { readonly outcome: 'replayed'; readonly session: Principal }
  | { readonly outcome: 'failure' };

const namesOf = ({ userId, sessionId }: Principal) => ({
  'user.id': userId,
  'labels.session_id': sessionId,
});

/** An attempt that throws ended by a fault of ours, if it isn't one too many. */
const outcomeOf = (error: unknown): Outcome =>
  error instanceof Problem && error.limiter ? 'refused' : 'error';

export function createSessionService({
  sessions,
  users,
  passwords,
  accountLimit,
  tokens,
  metrics,
}: Parts): SessionService {
  async function answer(session: Principal, refreshToken: string): Promise<TokenResponse> {
    const { token, expiresIn } = await tokens.issue(session);
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: expiresIn,
      refresh_token: refreshToken,
    };
  }

  /** Counts how an attempt ended. */
  async function counted<Result extends { readonly outcome: Outcome }>(
    method: Labels<'auth_attempts_total'>['method'],
    attempt: Promise<Result>,
  ): Promise<Result> {
    const count = (outcome: Outcome) => metrics.count('auth_attempts_total', { method, outcome });
    const result = await attempt.catch((error: unknown) => {
      count(outcomeOf(error));
      throw error;
    });
    count(result.outcome);
    return result;
  }

  async function start(credentials: Credentials, network: string, log: Log): Promise<LoggedIn> {
    const { email, password } = credentials;
    const user = await users.findForLogIn(email, network);
    const attempt = { email, network, known: user?.known_network ?? false, userId: user?.id, log };
    const { matches, renewedHash } = await accountLimit.guard(attempt, () =>
      passwords.verify(user?.password_hash, password, network),
    );
    if (!user) return { outcome: 'failure', reason: 'no user has this e-mail address' };
    const { id: userId } = user;
    if (!matches) return { outcome: 'failure', reason: 'not the password', userId };
    const { token, hash } = generateRefreshToken();
    const started = await users.holding(user, async () => {
      if (renewedHash) await users.renewPasswordHash(userId, renewedHash);
      return sessions.start(userId, hash, network);
    });
    // The password was changed while it was compared, or hashed anew, or the user erased: it is compared with what is now.
    return started ? { outcome: 'success', token, ...started } : start(credentials, network, log);
  }

  async function exchange(refreshToken: string): Promise<Exchanged> {
    const { token, hash } = generateRefreshToken();
    const exchanged = await sessions.exchange(hashRefreshToken(refreshToken), hash);
    if (exchanged.outcome === 'refused') return { outcome: 'failure' };
    const { outcome, session } = exchanged;
    return outcome === 'rotated' ? { outcome: 'success', session, token } : { outcome, session };
  }

  return {
    async logIn(credentials, network, log) {
      const result = await counted('password', start(credentials, network, log));
      if (result.outcome === 'failure') {
        const { reason, userId } = result;
        log.write('log-in-failed', {
          'event.outcome': 'failure',
          'event.reason': reason,
          'user.id': userId,
        });
        throw wrongCredentials();
      }
      log.write('logged-in', { 'event.outcome': 'success', ...namesOf(result.session) });
      auditEnded(log, result.session.userId, result.ended, 'too_many');
      return answer(result.session, result.token);
    },
    async refresh(refreshToken, log) {
      const result = await counted('refresh_token', exchange(refreshToken));
      if (result.outcome === 'success') {
        log.write('session-refreshed', { 'event.outcome': 'success', ...namesOf(result.session) });
        return answer(result.session, result.token);
      }
      if (result.outcome === 'replayed')
        log.write('refresh-token-replayed', { 'event.outcome': 'failure', ...namesOf(result.session) });
      else log.write('refresh-failed', { 'event.outcome': 'failure' });
      // One answer whatever was wrong, so that a thief learns nothing about the token.
      throw unauthorized(
        'invalid-refresh-token',
        'The refresh token is not valid, or not any more. Log in again.',
        'invalid_token',
      );
    },
    async logOut(session, log) {
      const ended = await sessions.revoke(session);
      if (ended) log.write('logged-out', { 'event.outcome': 'success', ...namesOf(session) });
    },
    async list({ userId, sessionId }) {
      const rows = await sessions.list(userId);
      return rows.map((row) => ({ ...row, current: row.id === sessionId }));
    },
    async end(id, caller, log) {
      const ended = requireSession(await sessions.end(caller, id));
      if (ended.length === 0)
        throw new Problem('not-found', 'You have no session with this id that goes on.');
      auditEnded(log, caller.userId, ended, 'ended');
    },
    async endOthers(caller, log) {
      const ended = requireSession(await sessions.endOthers(caller, 'ended'));
      auditEnded(log, caller.userId, ended, 'ended');
    },
  };
}
