import { describe, expect, test } from '@jest/globals';
import { interpolate, type VariableValue } from '../../grafana/interpolate.ts';
import { durationMs, stepMs, timeVariables } from '../../grafana/time.ts';

const variables = new Map<string, VariableValue>([
  ['job', { values: ['todo-api'], isPattern: false }],
  ['quoted', { values: ['a"b\\c'], isPattern: false }],
  ['one', { values: ['127.0.0.1:9464'], isPattern: true }],
  ['several', { values: ['/v1/todos', '/v1/todos/:id?'], isPattern: true }],
  ['all', { values: ['x', 'y'], isPattern: true, verbatim: '.+' }],
]);

test.each([
  ['a value as it is', 'up{job="$job"}', 'up{job="todo-api"}'],
  ['a value in braces', `up{job="\${job}"}`, 'up{job="todo-api"}'],
  ['a value in double brackets', 'up{job="[[job]]"}', 'up{job="todo-api"}'],
  ['a value whose characters mean something in a string', '"$quoted"', '"a\\"b\\\\c"'],
  [
    'one value of a variable that takes several, as a pattern in a string',
    'up{instance=~"$one"}',
    'up{instance=~"127\\\\.0\\\\.0\\\\.1:9464"}',
  ],
  ['several values as alternatives', 'up{route=~"$several"}', 'up{route=~"(/v1/todos|/v1/todos/:id\\\\?)"}'],
  ["the author's own pattern for all values, untouched", 'up{x=~"$all"}', 'up{x=~".+"}'],
  ['a format: values with commas', `\${several:csv}`, '/v1/todos,/v1/todos/:id?'],
  ['a format: alternatives without escapes', `\${several:pipe}`, '/v1/todos|/v1/todos/:id?'],
  ['a format: a regular expression outside of a string', `\${one:regex}`, '127\\.0\\.0\\.1:9464'],
  ['the same format in double brackets', '[[one:regex]]', '127\\.0\\.0\\.1:9464'],
  ['what follows a name in braces', `\${job}s`, 'todo-apis'],
  [
    'nothing for the groups of label_replace, or a dollar alone',
    'label_replace(up, "a", "$1$", "b", "")',
    'label_replace(up, "a", "$1$", "b", "")',
  ],
])('puts in %s', (_what, query, sent) => {
  expect(interpolate(query, variables)).toBe(sent);
});

test('a variable that nothing defines is named, and so is a format that does not exist', () => {
  expect(() => interpolate('up{job="$jbo"}', variables)).toThrow('The variable $jbo is not defined.');
  expect(() => interpolate(`\${job:upper}`, variables)).toThrow(`The format of \${job:upper} is not known.`);
});

describe('windows', () => {
  const range = { from: 0, to: 60_000 };
  const valuesOf = (step: number, scrape: number) =>
    Object.fromEntries(timeVariables(range, step, scrape).map(([name, { values }]) => [name, values[0]]));

  test('the rate window is four scrapes, or a step and a scrape where that is more', () => {
    expect(valuesOf(5000, 5000)['__rate_interval']).toBe('20s');
    expect(valuesOf(60_000, 15_000)['__rate_interval']).toBe('75s');
  });

  test('the step and what is shown are there in seconds and milliseconds', () => {
    expect(valuesOf(5000, 5000)).toMatchObject({
      __interval: '5s',
      __interval_ms: '5000',
      __range: '60s',
      __range_s: '60',
      __range_ms: '60000',
    });
    expect(valuesOf(200, 200)['__interval']).toBe('200ms');
  });

  test.each([
    ['never shorter than a scrape', { from: 0, to: 60_000 }, 1000, 5000, 5000],
    ['an hour on a thousand pixels is 5 s', { from: 0, to: 3_600_000 }, 1000, 1000, 5000],
    ['a day on 500 pixels is 2 minutes', { from: 0, to: 86_400_000 }, 500, 5000, 120_000],
    ['as long as 11,000 points need', { from: 0, to: 30 * 86_400_000 }, 100_000, 5000, 235_637],
  ])('a step is %s', (_why, shown, points, min, step) => {
    expect(stepMs(shown, points, min)).toBe(step);
  });

  test('reads durations, and says of others what they are not', () => {
    expect(durationMs('1m30s')).toBe(90_000);
    expect(durationMs('250ms')).toBe(250);
    expect(() => durationMs('soon')).toThrow('"soon" is no duration such as 30s.');
    expect(() => durationMs('5s later')).toThrow('is no duration');
  });
});
