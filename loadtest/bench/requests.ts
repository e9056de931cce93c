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

/**
 * The requests of a kind, sent in turn.
 * @param ids of the todos that are read one by one
 */
export function requestsOf(kind: Kind, token: string, ids: readonly string[]): Request[] {
  const authorization = `Bearer ${token}`;
  const requests: Readonly<Record<Kind, () => Request[]>> = {
    get: () => ids.map((id) => ({ method: 'GET', path: `/v1/todos/${id}`, headers: { authorization } })),
    list: () => [{ method: 'GET', path: '/v1/todos?limit=20', headers: { authorization } }],
    create: () => [
      {
        method: 'POST',
        path: '/v1/todos',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(newTodo),
      },
    ],
  };
  return requests[kind]();
}
