/** The users of a run: made in its setup, erased in its teardown. */
import { scenario } from 'k6/execution';
import { anyTestAddress } from './addresses.ts';
import { type Answer, bodyOf, call, comeFrom } from './api.ts';

/** Well before the 15 minutes of an access token are over. */
const freshMs = 10 * 60 * 1000;

export interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface LoadUser {
  /** Where their requests come from, where users have addresses of their own. */
  readonly address: string;
  readonly email: string;
  readonly password: string;
  readonly session: Session;
  /** One of their todos, which no journey changes. */
  readonly todoId: string;
}

/** The data that the setup hands to every journey. */
export interface World {
  readonly users: readonly LoadUser[];
  /** The API's rate limits, as the answers to the setup named them in `RateLimit-Policy`. */
  readonly policies: string;
}

/** 128 random bits: as a password, so that nobody can log in as a user that a killed run left. */
export function randomHex(): string {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const sessionOf = ({ access_token, refresh_token }: Tokens): Session => ({
  accessToken: access_token,
  refreshToken: refresh_token,
  since: Date.now(),
});

type Credentials = Pick<LoadUser, 'email' | 'password'>;

/** An address that is nobody's, or becomes a user's. */
export const anyEmail = () => `k6-${randomHex()}@load.sightline.example`;

export function register(): { credentials: Credentials; answer: Answer } {
  const credentials = { email: anyEmail(), password: randomHex() };
  const answer = call('registerUser', 201, { json: { ...credentials, name: 'A user of a load test' } });
  return { credentials, answer };
}

export function logIn({ email, password }: Credentials): Session {
  return sessionOf(bodyOf<Tokens>(call('logIn', 201, { json: { email, password } })));
}

export function refresh({ refreshToken }: Session): Session {
  return sessionOf(bodyOf<Tokens>(call('refreshSession', 200, { json: { refresh_token: refreshToken } })));
}

export function erase({ password }: Credentials, { accessToken }: Session): void {
  call('deleteCurrentUser', 204, { token: accessToken, json: { password } });
}

interface ListedSession {
  readonly id: string;
  readonly current: boolean;
}

/** Logs in elsewhere, finds that session in the list, ends it, and makes sure that there is no other. */
export function endOther(credentials: Credentials, { accessToken: token }: Session): void {
  logIn(credentials);
  const { items } = bodyOf<{ items: ListedSession[] }>(call('listSessions', 200, { token }));
  for (const { id } of items.filter(({ current }) => !current)) call('endSession', 204, { token, id });
  call('endOtherSessions', 204, { token });
}

/** @returns what the user logs in with from now on */
export function changePassword(
  { email, password }: Credentials,
  { accessToken: token }: Session,
): Credentials {
  const next = randomHex();
  call('changePassword', 204, { token, json: { current_password: password, new_password: next } });
  return { email, password: next };
}

/** The user who makes this journey: one after the other, so that none has more requests than others. */
export function userOf({ users }: World): LoadUser {
  const user = users[scenario.iterationInTest % users.length];
  if (user === undefined) throw new Error('The setup made no user.');
  return user;
}

/** Sessions of this virtual user alone, by user: a refresh token works once, so several can't share one. */
const ownSessions = new Map<string, Session>();

/** An access token of a user, renewed in time when a run goes on for long. */
export function tokenOf(user: LoadUser): string {
  const isFresh = ({ since }: Session) => Date.now() - since < freshMs;
  const before = ownSessions.get(user.email);
  if (before === undefined && isFresh(user.session)) return user.session.accessToken;
  if (before !== undefined && isFresh(before)) return before.accessToken;
  const own = before === undefined ? logIn(user) : refresh(before);
  ownSessions.set(user.email, own);
  return own.accessToken;
}

/** Makes users, each with enough todos for several pages. */
export function makeUsers(count: number): World {
  const items = Array.from({ length: 45 }, (_, index) => ({
    title: `Renew certificate ${index}`,
    labels: ['operations'],
    priority: index % 9 === 0 ? 'urgent' : 'normal',
  }));
  const policies = new Set<string>();
  const users = Array.from({ length: count }, () => {
    const address = anyTestAddress();
    comeFrom(address);
    const registered = register();
    const session = logIn(registered.credentials);
    const created = call('createTodos', 201, { token: session.accessToken, json: { items } });
    for (const { headers } of [registered.answer, created]) policies.add(headers['Ratelimit-Policy'] ?? '');
    const { items: todos } = bodyOf<{ items: { id: string }[] }>(created);
    return { ...registered.credentials, address, session, todoId: todos[0]?.id ?? '' };
  });
  return { users, policies: [...policies].join(', ') };
}

/** Erases them with all that is theirs, one failure not keeping the others. */
export function eraseUsers({ users }: World): void {
  for (const user of users) {
    try {
      comeFrom(user.address);
      const isFresh = Date.now() - user.session.since < freshMs;
      erase(user, isFresh ? user.session : logIn(user));
    } catch (error) {
      console.warn(`A user was not erased: ${String(error)}`);
    }
  }
}
