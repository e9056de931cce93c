import { expect, test } from '@jest/globals';
import { operations, sloThresholds } from '../operations.ts';

test('each operation that an SLO is about is in one latency class, under the route of the metrics', async () => {
  const all = await operations();
  expect(all['getTodo']).toMatchObject({ method: 'GET', route: '/v1/todos/:id', class: 'fast' });
  const slow = Object.entries(all).flatMap(([name, operation]) => (operation.class === 'slow' ? [name] : []));
  expect(slow.toSorted()).toEqual([
    ...['changePassword', 'createTodos', 'deleteCurrentUser', 'logIn', 'registerUser'],
  ]);
  expect(Object.values(all).filter(({ route }) => route.startsWith('/health'))).toEqual([]);
});

test('the thresholds are the SLOs: shares of answers as percentiles in milliseconds', () => {
  expect(sloThresholds()).toEqual({
    http_req_failed: ['rate<=0.001'],
    'http_req_duration{class:fast}': ['p(99)<=100', 'p(99.9)<=500'],
    'http_req_duration{class:slow}': ['p(99)<=1000'],
  });
});
