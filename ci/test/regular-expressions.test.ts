import { expect, test } from '@jest/globals';
import { superlinear } from '../regular-expressions.ts';

test.each([
  ['two repetitions of the same, one in the other', '/^(a+)+$/', 'exponential'],
  ['what ends a text and is looked for from every place', String.raw`/^[ \t]+|[ \t]+$/g`, 'quadratic'],
  ['two neighbours that take the same characters', String.raw`/^\s*\w*\s*$/`, 'quadratic'],
  [
    'one deep in a function',
    String.raw`function f(a) { return () => a.map((b) => b.match(/x.*x.*y/)) }`,
    'quadratic',
  ],
])('%s is found', (_what, source, growth) => {
  expect(superlinear(source)).toContainEqual(expect.stringContaining(`is ${growth}`));
});

test.each([String.raw`/^[ \t]+/`, String.raw`/^[a-z]{1,20}=[^=]*$/`, String.raw`/(?<!\/)\/+$/`, '/^a+b+$/'])(
  '%s is linear',
  (source) => {
    expect(superlinear(source)).toEqual([]);
  },
);
