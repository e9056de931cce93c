import { describe, expect, test } from '@jest/globals';
import { newSpanId, newTraceId } from '../../src/telemetry/random-ids.ts';
import { readTraceContext, traceResponse } from '../../src/telemetry/trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const parent = `00-${traceId}-${spanId}-01`;

describe('traceparent', () => {
  test.each<[string, string, object]>([
    ['sampled', parent, { sampled: true, random: false }],
    ['not sampled', `00-${traceId}-${spanId}-00`, { sampled: false, random: false }],
    ['of a random id', `00-${traceId}-${spanId}-03`, { sampled: true, random: true }],
    ['with flags that mean nothing yet', `00-${traceId}-${spanId}-fd`, { sampled: true, random: false }],
    ['of a later version', `01-${traceId}-${spanId}-01`, { sampled: true, random: false }],
    [
      'of a later version that says more',
      `cc-${traceId}-${spanId}-01-what`,
      { sampled: true, random: false },
    ],
    ['of a later version with other flags', `cc-${traceId}-${spanId}-02`, { sampled: false, random: false }],
  ])('%s is read', (_name, header, flags) => {
    expect(readTraceContext(header, undefined)).toEqual({ traceId, spanId, state: undefined, ...flags });
  });

  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['capital letters', parent.toUpperCase()],
    ['a short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a long span id', `00-${traceId}-${spanId}0-01`],
    ['digits that are none', `00-${traceId.replace('4', 'g')}-${spanId}-01`],
    ['flags of one digit', `00-${traceId}-${spanId}-1`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['a version of one digit', `0-${traceId}-${spanId}-01`],
    ['the version that is forbidden', `ff-${traceId}-${spanId}-01`],
    ['more than version 00 has', `${parent}-what`],
    ['more than a later version may have', `01-${traceId}-${spanId}-01what`],
    ['two of them', `${parent}, ${parent}`],
    ['space around it', ` ${parent} `],
  ])('%s begins a new trace', (_name, header) => {
    expect(readTraceContext(header, 'vendor=1')).toBeUndefined();
  });
});

describe('tracestate', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `k${n}=v`).join(',');
  test.each([
    ['one member', 'vendor=value', 'vendor=value'],
    ['members and space around them', ' a=1 ,\t b=2', 'a=1,b=2'],
    ['members that are empty', 'a=1,,b=2,', 'a=1,b=2'],
    ['the key of a tenant', '0tenant@vendor=value', '0tenant@vendor=value'],
    ['a value with space in it', 'a=1 2', 'a=1 2'],
    ['32 members', many(32), many(32)],
    ['blanks behind a member, thousands of them', `a=1${' '.repeat(15_000)}`, 'a=1'],
    [
      'the longest key and value',
      `${'a'.repeat(256)}=${'b'.repeat(256)}`,
      `${'a'.repeat(256)}=${'b'.repeat(256)}`,
    ],
  ])('with %s is kept', (_name, header, kept) => {
    expect(readTraceContext(parent, header)?.state).toBe(kept);
  });

  test.each([
    ['33 members', many(33)],
    ['the same key twice', 'a=1,a=2'],
    ['no value', 'a='],
    ['no key', '=1'],
    ['no member', ' , '],
    ['capital letters in a key', 'A=1'],
    ['a value with =', 'a=1=2'],
    ['a key that is too long', `${'a'.repeat(257)}=1`],
    ['a value that is too long', `a=${'b'.repeat(257)}`],
    ['a tenant of a system with a long name', `tenant@${'a'.repeat(15)}=1`],
    ['control characters', 'a=\u0001'],
  ])('with %s is left out, and the trace goes on', (_name, header) => {
    expect(readTraceContext(parent, header)).toMatchObject({ traceId, state: undefined });
  });

  test('is read in no time whatever it is', () => {
    // Each would keep a pattern that tries every way busy for ages.
    for (const text of [
      `${'a'.repeat(16_000)}`,
      `a=${' '.repeat(16_000)}`,
      `a=${' '.repeat(16_000)}b`,
      ' '.repeat(16_000),
      ','.repeat(16_000),
    ])
      expect(readTraceContext(parent, text)?.state).toBeUndefined();
  });
});

test.each([
  [true, true, '03'],
  [true, false, '01'],
  [false, true, '02'],
  [false, false, '00'],
])('traceresponse says sampled %j, random %j as %s', (sampled, random, flags) => {
  expect(traceResponse(traceId, spanId, sampled, random)).toBe(`00-${traceId}-${spanId}-${flags}`);
});

test('ids have their length and don’t come twice', () => {
  const traceIds = Array.from({ length: 2000 }, newTraceId);
  const spanIds = Array.from({ length: 2000 }, newSpanId);
  expect(new Set([...traceIds, ...spanIds]).size).toBe(4000);
  expect(traceIds.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
  expect(spanIds.filter((id) => !/^[0-9a-f]{16}$/.test(id))).toEqual([]);
});
