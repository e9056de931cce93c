import { expect, test } from '@jest/globals';
import { interpolate, type Selected } from '../interpolate.ts';

const shown = { rangeSeconds: 3600, stepSeconds: 15, scrapeIntervalSeconds: 5 };

test.each<[string, Record<string, Selected>, string]>([
  ['up{job="$job"}', { job: 'todo-api' }, 'up{job="todo-api"}'],
  ['up{i=~"$i"}', { i: ['10.0.0.1:80'] }, String.raw`up{i=~"10\\.0\\.0\\.1:80"}`],
  ['up{i=~"$i"}', { i: ['a', 'b.c'] }, String.raw`up{i=~"(a|b\\.c)"}`],
  [`up{i=~"\${i}"}`, { i: { all: '.+' } }, 'up{i=~".+"}'],
  ['rate(x[$__rate_interval])', {}, 'rate(x[20s])'],
  ['increase(x[$__range])', {}, 'increase(x[3600s])'],
])('%s with %j is sent as %s', (expr, values, query) => {
  expect(interpolate(expr, values, shown)).toBe(query);
});

test('a rate never looks back over less than four scrapes, nor over less than a step and a scrape', () => {
  const window = (stepSeconds: number) => interpolate('$__rate_interval', {}, { ...shown, stepSeconds });
  expect([window(1), window(15), window(16), window(120)]).toEqual(['20s', '20s', '21s', '125s']);
});

test('a variable without a value is named', () => {
  expect(() => interpolate('up{pod="$pod"}', {}, shown)).toThrow(
    'The query uses a variable that has no value: pod.',
  );
  expect(() => interpolate('up{pod=~"$pod"}', { pod: [] }, shown)).toThrow(
    'Nothing is selected for the variable pod.',
  );
});
