import { describe, expect, test } from '@jest/globals';
import { anyTestAddress, testAddress } from '../k6/addresses.ts';
import { limitsPassed, type Plan, policiesOf } from '../k6/limits.ts';

const policies = policiesOf('"ip";q=6000;w=60, "sessions";q=60;w=60, "ip";q=6000;w=60, "user";q=3000;w=60');

test('addresses are those that RFC 2544 sets apart for tests, and no other', () => {
  expect([0, 255, 256, 65_536, 131_071, 131_072].map(testAddress)).toEqual([
    '198.18.0.0',
    '198.18.0.255',
    '198.18.1.0',
    '198.19.0.0',
    '198.19.255.255',
    '198.18.0.0',
  ]);
  const some = Array.from({ length: 2000 }, anyTestAddress);
  expect(some.filter((address) => !/^198\.1[89]\.\d{1,3}\.\d{1,3}$/.test(address))).toEqual([]);
  expect(new Set(some).size).toBeGreaterThan(1900);
});

describe('the limits that a run will pass', () => {
  const smoke: Plan = { journeys: 4, seconds: 60, users: 3, ownAddresses: false };
  const passed = (plan: Partial<Plan>, of = policies) => limitsPassed({ ...smoke, ...plan }, of);

  test.each<[string, Partial<Plan>, readonly string[]]>([
    ['a minute of log-ins from one address', {}, ['RATE_LIMIT_SESSIONS']],
    ['half a minute of them', { seconds: 30 }, []],
    ['half as many', { journeys: 2 }, []],
    ['each user at an address of its own', { ownAddresses: true }, []],
    ['very many users at their own', { ownAddresses: true, journeys: 120, users: 30 }, []],
    [
      'few users with very many requests',
      { ownAddresses: true, journeys: 60, users: 3 },
      ['RATE_LIMIT_IP', 'RATE_LIMIT_SESSIONS', 'RATE_LIMIT_USER'],
    ],
  ])('by %s', (_, plan, settings) => {
    const said = passed(plan);
    expect(said.map((sentence) => /raise (\w+) there/.exec(sentence)?.[1])).toEqual(settings);
  });

  test('are none where the API names none', () => {
    expect(passed({ journeys: 1000 }, policiesOf(''))).toEqual([]);
  });

  test('are named with what is sent and what is allowed', () => {
    expect(passed({})).toEqual([
      'This run sends up to 90 requests in 60 s from one address that the API counts for its limit "sessions" of 60: ' +
        'some will be refused with 429. Lower RATE, or raise RATE_LIMIT_SESSIONS there.',
    ]);
  });
});
