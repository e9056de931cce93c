/** Users that try a stack: each new, with a password nobody knows, and at an address of its own where that is believed. */
import { randomBytes } from 'node:crypto';
import { createClient, type Send } from '@sightline/testkit/client.ts';
import { anyTestAddress, forwardedFor } from './k6/addresses.ts';

export interface Account {
  readonly email: string;
  readonly password: string;
  readonly token: string;
  /** A todo of theirs. */
  readonly todoId: string;
  /** Header fields that say where their requests come from; none where all come from one address. */
  readonly origin: Readonly<Record<string, string>>;
}

/** Requests a second of one user: four fifths of what RATE_LIMIT_USER allows. More users cost more password hashes. */
export const maxPerSecond = 40;

/** How many users requests at this rate need. */
export const usersFor = (requestsPerSecond: number) =>
  Math.max(1, Math.ceil(requestsPerSecond / maxPerSecond));

/** One request of an account's opening. @throws Error with what was answered when it isn't 201 */
async function make<Made>(send: Send, path: string, json: object, token?: string): Promise<Made> {
  const { status, headers, body } = await send<Made>('POST', path, { json, token });
  if (status === 201) return body;
  throw new Error(
    `POST ${path} has to answer 201 for a new user, and answered ${status} (request ${headers.get('x-request-id')}).`,
  );
}

/**
 * Registers a user, logs in, and makes a todo.
 * @param ownAddress whether the API believes X-Forwarded-For at this address, and is told one of this user's own
 */
export async function openAccount(apiUrl: string, ownAddress: boolean): Promise<Account> {
  const origin = ownAddress ? forwardedFor(anyTestAddress()) : {};
  const send = createClient(apiUrl, () => {}, origin);
  const email = `stack-${randomBytes(8).toString('hex')}@load.sightline.example`;
  const password = randomBytes(16).toString('hex');
  await make(send, '/v1/users', { email, password, name: 'A user of a test' });
  const session = await make<{ access_token: string }>(send, '/v1/sessions', { email, password });
  const token = session.access_token;
  const { id: todoId } = await make<{ id: string }>(send, '/v1/todos', { title: 'To be read' }, token);
  return { email, password, token, todoId, origin };
}

/** The same for several users, one after the other: each costs two password hashes. */
export async function openAccounts(apiUrl: string, count: number, ownAddresses: boolean): Promise<Account[]> {
  const accounts: Account[] = [];
  while (accounts.length < count) accounts.push(await openAccount(apiUrl, ownAddresses));
  return accounts;
}

/** Erases users with all that is theirs, as far as that can be done. */
export async function eraseAccounts(apiUrl: string, accounts: readonly Account[]): Promise<void> {
  for (const { token, password, origin } of accounts) {
    const send = createClient(apiUrl, () => {}, origin);
    await send('DELETE', '/v1/users/me', { token, json: { password } }).catch(() => {});
  }
}
