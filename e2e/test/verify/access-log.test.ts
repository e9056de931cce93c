import { expect, test } from '@jest/globals';
import { requestsIn } from '../../verify/access-log.ts';

const line = JSON.stringify({
  '@timestamp': '2026-11-21T10:00:00.000Z',
  'event.action': 'request',
  'event.duration': 10_000_000,
  'http.request.id': 'a',
  'http.request.method': 'GET',
  'http.response.status_code': 200,
  'labels.route': '/v1/todos',
});
const request = {
  id: 'a',
  at: Date.UTC(2026, 10, 21, 10),
  method: 'GET',
  route: '/v1/todos',
  status: 200,
  seconds: 0.01,
};

test.each([
  ['cut off at its end', line.slice(0, -1)],
  ['cut off at its beginning', line.slice(1)],
  ['two in one', line + line],
  ['behind something else', `Warning: ${line}`],
])('a line that is no JSON, %s, is left out, and the others are read', (_what, damaged) => {
  expect(requestsIn(`${line}\n${damaged}\n${line}\n`)).toEqual([request, request]);
});
