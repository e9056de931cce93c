/** Everything that a client can get wrong cheaply: each request of it is answered with a 4xx, as expected. */
import { call, type RequestOptions, think } from '../k6/api.ts';
import type { OperationName } from '../k6/contract.ts';
import { journey, type Traveller } from '../k6/journey.ts';
import { anyEmail } from '../k6/users.ts';

type Mistake = readonly [
  operation: OperationName | 'unmatched',
  status: number,
  make: (traveller: Traveller) => RequestOptions,
];

const nobodysTodo = '01a1fdb5-e49a-7cf0-8389-d72e1aae7a01';

/**
 * No 429: a run stays within the limits, and they are tested elsewhere. The wrong password is for nobody's account: after
 * some for one account the API would refuse all of it.
 */
const mistakes: readonly Mistake[] = [
  ['unmatched', 404, () => ({})],
  ['listTodos', 401, () => ({})],
  ['listTodos', 400, ({ token }) => ({ token, query: 'limit=0' })],
  ['getTodo', 404, ({ token }) => ({ token, id: nobodysTodo })],
  ['createTodo', 400, ({ token }) => ({ token, raw: '{' })],
  ['createTodo', 415, ({ token }) => ({ token, raw: '<todo/>', headers: { 'Content-Type': 'text/xml' } })],
  ['createTodo', 422, ({ token }) => ({ token, json: { title: '' } })],
  [
    'updateTodo',
    412,
    ({ token, todoId: id }) => ({ token, id, headers: { 'If-Match': '"0"' }, json: { status: 'done' } }),
  ],
  ['restoreTodo', 409, ({ token, todoId: id }) => ({ token, id })],
  ['refreshSession', 401, () => ({ json: { refresh_token: 'no-such-token' } })],
  ['logIn', 401, () => ({ json: { email: anyEmail(), password: 'not the password' } })],
];

export const mistaken = journey((traveller) => {
  for (const [operation, status, make] of mistakes) {
    call(operation, status, make(traveller));
    think();
  }
});
