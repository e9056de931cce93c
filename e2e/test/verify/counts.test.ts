import { expect, test } from '@jest/globals';
import type { LoggedRequest } from '../../verify/access-log.ts';
import { countsOfLoad, countsOfLog, countsOfMetrics, differences, reconcile } from '../../verify/counts.ts';

const series = (method: string, route: string, status: number) =>
  `http_requests_total{method="${method}",route="${route}",status="${status}"}`;
const request = (method: string, route: string, status: number): LoggedRequest => ({
  id: 'x',
  at: 0,
  method,
  route,
  status,
  seconds: 0.01,
});

const load = {
  counts: [
    { method: 'GET', route: '/v1/todos/:id', status: 200, count: 3 },
    { method: 'GET', route: 'unmatched', status: 404, count: 1 },
  ],
};
const before = new Map([
  [series('GET', '/v1/todos/:id', 200), 7],
  [series('GET', '/health/ready', 200), 1],
  ['http_requests_in_flight', 0],
]);
const after = new Map([
  [series('GET', '/v1/todos/:id', 200), 10],
  [series('GET', 'unmatched', 404), 1],
  [series('POST', '/v1/todos', 201), 0],
  [series('GET', '/health/ready', 200), 9],
  ['http_requests_in_flight', 1],
]);
const log = [
  ...Array.from({ length: 3 }, () => request('GET', '/v1/todos/:id', 200)),
  request('GET', 'unmatched', 404),
  request('GET', '/health/ready', 200),
];

test('the same requests, counted in three places, agree, whatever probes there are meanwhile', () => {
  const rows = reconcile(countsOfLoad(load), countsOfMetrics(before, after), countsOfLog(log));
  expect(rows).toEqual([
    { what: 'GET /v1/todos/:id 200', k6: 3, metrics: 3, logs: 3, ok: true },
    { what: 'GET unmatched 404', k6: 1, metrics: 1, logs: 1, ok: true },
  ]);
  expect(differences(rows)).toEqual([]);
});

test('without a log two places are compared', () => {
  const rows = reconcile(countsOfLoad(load), countsOfMetrics(before, after), undefined);
  expect(rows.map(({ logs, ok }) => ({ logs, ok }))).toEqual([
    { logs: null, ok: true },
    { logs: null, ok: true },
  ]);
});

test.each([
  ['a line that is lost', countsOfMetrics(before, after), log.slice(1), 'the metrics 3 and the log has 2'],
  ['a request that no metric counts', new Map(), log, 'k6 counted 3, the metrics 0 and the log has 3'],
])('%s is named, with what each counted', (_what, metrics, lines, words) => {
  const rows = reconcile(countsOfLoad(load), metrics, countsOfLog(lines));
  const [first] = differences(rows);
  expect(first).toContain('GET /v1/todos/:id 200: ');
  expect(first).toContain(words);
});

test('a series that k6 did not ask for is a difference, and suggests that others use the API', () => {
  const others = new Map([...after, [series('POST', '/v1/todos', 201), 5]]);
  const lines = [...log, ...Array.from({ length: 5 }, () => request('POST', '/v1/todos', 201))];
  const rows = reconcile(countsOfLoad(load), countsOfMetrics(before, others), countsOfLog(lines));
  expect(differences(rows)).toEqual([
    'POST /v1/todos 201: k6 counted 0, the metrics 5 and the log has 5; all have to be the same.',
    expect.stringContaining('does somebody else use this API?'),
  ]);
});

test('a counter that fell was restarted: what it has since is what it counted', () => {
  const restarted = new Map([[series('GET', '/v1/todos/:id', 200), 2]]);
  expect(countsOfMetrics(before, restarted)).toEqual(new Map([['GET /v1/todos/:id 200', 2]]));
});
