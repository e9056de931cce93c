import type { Request } from 'autocannon';
import type { Kind } from './kinds.ts';

/** The todo that requests create: about as much as people write. */
export const newTodo = {
  title: 'Renew the certificate of the mail server',
  description: 'It expires on the first of the month; the runbook has the steps.',
  priority: 'high',
  labels: ['operations', 'security'],
  due_at: '2027-01-15T09:00:00Z',
};

/** Someone who asks. */
export interface User {
  readonly token: string;
  /** Ids of the todos that they read one by one. */
  readonly ids: readonly string[];
}

/** The requests of a kind, sent in turn. */
export function requestsOf(kind: Kind, users: readonly User[]): Request[] {
  const requests: Readonly<Record<Kind, (authorization: string, user: User) => Request[]>> = {
    get: (authorization, { ids }) =>
      ids.map((id) => ({ method: 'GET', path: `/v1/todos/${id}`, headers: { authorization } })),
    list: (authorization) => [{ method: 'GET', path: '/v1/todos?limit=20', headers: { authorization } }],
    create: (authorization) => [
      {
        method: 'POST',
        path: '/v1/todos',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(newTodo),
      },
    ],
  };
  return users.flatMap((user) => requests[kind](`Bearer ${user.token}`, user));
}
