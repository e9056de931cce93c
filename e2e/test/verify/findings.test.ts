import { describe, expect, test } from '@jest/globals';
import { missingMetrics } from '../../verify/checks/metrics.ts';
import { lossesOf } from '../../verify/checks/restart.ts';
import { faultsOf } from '../../verify/values.ts';

describe('the values of a panel', () => {
  const at = (labels: Record<string, string>, value: number) => ({ labels, samples: [{ at: 0, value }] });
  const expected = new Map([
    ['/v1/todos', { min: 9, max: 11 }],
    ['/v1/sessions', { min: 2, max: 3 }],
  ]);
  const by = ['route'];

  test('are right within their bounds', () => {
    const series = [at({ route: '/v1/todos' }, 10), at({ route: '/v1/sessions' }, 3)];
    expect(faultsOf(series, expected, { by })).toEqual([]);
    expect(faultsOf([at({}, 5)], new Map([['', { min: 5, max: 5 }]]), {})).toEqual([]);
  });

  test.each([
    ['too much', 12, 'shows 12 for /v1/todos; by the access log it is 9 to 11'],
    ['too little', 8.5, 'shows 8.5 for /v1/todos; by the access log it is 9 to 11'],
    ['no number', Number.NaN, 'shows NaN for /v1/todos; by the access log it is 9 to 11'],
  ])('are wrong with %s', (_what, value, sentence) => {
    const series = [at({ route: '/v1/todos' }, value), at({ route: '/v1/sessions' }, 3)];
    expect(faultsOf(series, expected, { by })).toEqual([sentence]);
  });

  test('are wrong when a series is missing, unless the panel shows just the first ones', () => {
    const series = [at({ route: '/v1/todos' }, 10)];
    expect(faultsOf(series, expected, { by })).toEqual([
      'shows nothing for /v1/sessions; by the access log it is 2 to 3',
    ]);
    expect(faultsOf(series, expected, { by, isPart: true })).toEqual([]);
  });

  test('are wrong when there is a series of what nobody asked for', () => {
    const series = [at({ route: '/v1/todos' }, 10), at({ route: '/v1/sessions' }, 3), at({ route: '/x' }, 4)];
    expect(faultsOf(series, expected, { by, unexpected: 2 })).toEqual([
      'shows 4 for /x; the access log has no such request',
    ]);
    expect(faultsOf(series, expected, { by, unexpected: 4 })).toEqual([]);
  });
});

describe('a restart', () => {
  const answered = { id: 'a', status: 201 };
  const away = { id: 'b', status: undefined };

  test('loses nothing when what was not answered was not taken up, and each todo is there once', () => {
    expect(lossesOf([answered, away], new Set(['a']), ['one'], ['one'])).toEqual([]);
  });

  test.each([
    [
      'a request that the log has and nobody answered',
      lossesOf([away], new Set(['b']), [], []),
      'taken up by the API',
    ],
    [
      'an answer other than 201',
      lossesOf([{ id: 'a', status: 503 }], new Set(), [], []),
      'answered with 503',
    ],
    [
      'a todo that was answered and is not there',
      lossesOf([answered], new Set(['a']), ['one'], []),
      'are not there',
    ],
    [
      'a todo that is there twice',
      lossesOf([answered], new Set(['a']), ['one'], ['one', 'one']),
      'there twice',
    ],
  ])('has a sentence for %s', (_what, losses, words) => {
    expect(losses).toEqual([expect.stringContaining(words)]);
  });
});

describe('the metrics of a scrape', () => {
  const nothing = new Map<string, number>();

  test('lack what the contract declares of the API, but for what needs a setting that is not there', () => {
    const missing = missingMetrics(nothing, () => false);
    expect(missing).toContain('http_requests_total');
    for (const name of ['rate_limit_redis_up', 'process_open_fds', 'log_shipper_lag_bytes'])
      expect(missing).not.toContain(name);
    expect(missingMetrics(nothing, (condition) => condition === 'Linux')).toContain('process_open_fds');
  });

  test('are found by their names, histograms by their buckets', () => {
    const scraped = new Map([
      ['http_requests_in_flight', 0],
      ['db_query_duration_seconds_bucket{operation="todos.get",le="1"}', 1],
    ]);
    const missing = missingMetrics(scraped, () => false);
    for (const name of ['http_requests_in_flight', 'db_query_duration_seconds'])
      expect(missing).not.toContain(name);
  });
});
