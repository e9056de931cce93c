/** Creates many todos at once, and sends the request again as a client does that lost the answer. */
import { call, think } from '../k6/api.ts';
import { journey } from '../k6/journey.ts';
import { randomHex } from '../k6/users.ts';

const items = Array.from({ length: 10 }, (_, index) => ({ title: `Imported ${index}` }));

export const importer = journey(({ token }) => {
  const request = { token, json: { items }, headers: { 'Idempotency-Key': randomHex() } };
  call('createTodos', 201, request);
  think();
  call('createTodos', 201, request);
});
