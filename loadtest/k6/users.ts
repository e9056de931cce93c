/** The users of a run: made in its setup, erased in its teardown. */
import { vu } from 'k6/execution';
import { bodyOf, call } from './api.ts';

/** Well before the 15 minutes of an access token are over. */
const freshMs = 10 * 60 * 1000;

export interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface LoadUser {
  readonly email: string;
  readonly password: string;
  readonly session: Session;
  /** One of their todos, which no journey changes. */
  readonly todoId: string;
}

/** What the setup hands to every journey. */
export interface World {
  readonly users: readonly LoadUser[];
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

export function register(): Credentials {
  const credentials = { email: `k6-${randomHex()}@load.sightline.example`, password: randomHex() };
  call('registerUser', 201, { json: { ...credentials, name: 'A user of a load test' } });
  return credentials;
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

/** The user whose journeys this virtual user makes. */
export function userOf({ users }: World): LoadUser {
  const user = users[(vu.idInTest - 1) % users.length];
  if (user === undefined) throw new Error('The setup made no user.');
  return user;
}

/** Of this virtual user alone: a refresh token works once, so several can't share one. */
let own: Session | undefined;

/** An access token of a user, renewed in time when a run goes on for long. */
export function tokenOf(user: LoadUser): string {
  const isFresh = ({ since }: Session) => Date.now() - since < freshMs;
  if (own === undefined && isFresh(user.session)) return user.session.accessToken;
  if (own === undefined) own = logIn(user);
  else if (!isFresh(own)) own = refresh(own);
  return own.accessToken;
}

/** Makes users, each with enough todos for several pages. */
export function makeUsers(count: number): World {
  const items = Array.from({ length: 45 }, (_, index) => ({
    title: `Renew certificate ${index}`,
    labels: ['operations'],
    priority: index % 9 === 0 ? 'urgent' : 'normal',
  }));
  const users = Array.from({ length: count }, () => {
    const credentials = register();
    const session = logIn(credentials);
    const created = bodyOf<{ items: { id: string }[] }>(
      call('createTodos', 201, { token: session.accessToken, json: { items } }),
    );
    return { ...credentials, session, todoId: created.items[0]?.id ?? '' };
  });
  return { users };
}

/** Erases them with all that is theirs, one failure not keeping the others. */
export function eraseUsers({ users }: World): void {
  for (const user of users) {
    try {
      const isFresh = Date.now() - user.session.since < freshMs;
      erase(user, isFresh ? user.session : logIn(user));
    } catch (error) {
      console.warn(`A user was not erased: ${String(error)}`);
    }
  }
}
