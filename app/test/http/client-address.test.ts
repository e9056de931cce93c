import { isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getFrom } from '@sightline/testkit/source.ts';
import { type ForwardedHeader, hops } from '../../src/http/forwarded.ts';
import { canonicalAddress, clientNetwork } from '../../src/http/network-address.ts';
import { startApi, type TestApi } from '../support/api.ts';

describe('an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8::ffff:192.0.2.1', '2001:db8::ffff:c000:201'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['2001:0DB8:0:0:0:0:0:0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['no address', 'no address'],
    ['', ''],
  ])('%j is written as %j', (address, expected) => {
    expect(canonicalAddress(address)).toBe(expected);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['1::4:5:6:7:8', '1:0:0:4::/64'],
    ['::192.0.2.1', '0:0:0:0::/64'],
  ])('%s is counted as %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });
});

/** Numbers that look random and are the same in each run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('what proxies write', () => {
  const random = randomNumbers(22);
  const choose = <Value>(values: readonly Value[]) => values[random(values.length)] as Value;
  const anyCase = (text: string) => text.replace(/[a-f]/g, (c) => choose([c, c.toUpperCase()]));

  /** An address in one of its spellings, and what it is however it is spelt. */
  function spelt(): { canonical: string; spelling: string; bare: boolean } {
    if (random(3) === 0) {
      const bytes = Array.from({ length: 4 }, () => random(256));
      const canonical = bytes.join('.');
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      const mapped = anyCase(`::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
      const spelling = choose([canonical, `::ffff:${canonical}`, `0:0:0:0:0:FFFF:${canonical}`, mapped]);
      return { canonical, spelling, bare: spelling === canonical };
    }
    // No zeros in them, so that there is nothing to abbreviate but what is said here.
    const group = () => 1 + random(65_535);
    const [head, tail] = [
      [0x2001, group(), group()],
      [group(), group()],
    ];
    const zeros = 8 - head.length - tail.length;
    const hex = (groups: readonly number[], width = 0) =>
      groups.map((each) => each.toString(16).padStart(width, '0')).join(':');
    const spelling = anyCase(
      choose([
        `${hex(head)}::${hex(tail)}`,
        `${hex(head, 4)}::${hex(tail, 4)}`,
        hex([...head, ...Array<number>(zeros).fill(0), ...tail], choose([0, 4])),
      ]),
    );
    return {
      canonical: `${hex(head)}::${hex(tail)}`,
      spelling: spelling + choose(['', '', '%eth0', '%1']),
      bare: false,
    };
  }

  const escapedAtRandom = (text: string) =>
    `"${text.replace(/./g, (c) => (random(4) === 0 ? `\\${c}` : c))}"`;

  /** Every way in which one member of the header's list may say an address. */
  const members: Record<ForwardedHeader, (address: ReturnType<typeof spelt>) => string> = {
    'x-forwarded-for': ({ spelling, bare }) => {
      const port = choose(['', ':1', ':54321']);
      const inBrackets = `[${spelling}]${port}`;
      const node = choose([bare ? `${spelling}${port}` : inBrackets, spelling, inBrackets]);
      return choose([node, `"${node}"`, escapedAtRandom(node)]);
    },
    forwarded: ({ spelling, bare }) => {
      const port = choose(['', ':4711', ':_hidden']);
      const node = bare ? `${spelling}${port}` : `[${spelling}]${port}`;
      const value =
        bare && port === '' ? choose([node, `"${node}"`]) : choose([`"${node}"`, escapedAtRandom(node)]);
      const others = ['proto=https', 'By="a, \\"b\\"; for=c"', 'host="example.com:80"', ''];
      const pairs = [`${choose(['for', 'For', 'FOR'])}=${value}`, choose(others)];
      return choose([pairs, pairs.toReversed()]).join(choose([';', '; ', ' ;']));
    },
  };

  test.each(['x-forwarded-for', 'forwarded'] as const)(
    'into %s is the same address however it is spelt, also behind what a client made up',
    (header) => {
      for (let round = 0; round < 5000; round += 1) {
        const address = spelt();
        const forged = choose([
          '',
          'for="',
          '"',
          '\\',
          '"\\',
          ',,',
          'for=a;for=b',
          '[::1',
          `for="192.0.2.1, `,
        ]);
        const value = `${forged},${choose(['', ' ', '\t'])}${members[header](address)}${choose(['', ' ', ', ,'])}`;
        const [nearest] = hops(header, value);
        expect({ value, nearest }).toEqual({ value, nearest: { address: address.canonical } });
      }
    },
  );

  test.each(['x-forwarded-for', 'forwarded'] as const)(
    'into %s is read or refused, and nothing else, whatever it is',
    (header) => {
      const pieces = [
        ...[
          'for=',
          'For',
          '=',
          ';',
          ',',
          '"',
          '\\',
          ' ',
          '\t',
          '[',
          ']',
          ':',
          '::',
          '%',
          '.',
          '_',
          'unknown',
          '\u00ff',
        ],
        ...[
          '1.2.3.4',
          '256.1.1.1',
          '01.2.3.4',
          '0x7f.1',
          '2001:db8::1',
          ':443',
          ':99999',
          ':123456',
          '2130706433',
        ],
      ];
      for (let round = 0; round < 20_000; round += 1) {
        const value = Array.from({ length: random(12) }, () => choose(pieces)).join('');
        for (const hop of hops(header, value)) {
          if ('address' in hop) expect(isIP(hop.address)).not.toBe(0);
          else expect(['malformed', 'hidden']).toContain(hop.unreadable);
        }
      }
    },
  );

  test.each<[ForwardedHeader, string]>([
    ['forwarded', '"'.repeat(60_000)],
    ['forwarded', `for="${'\\'.repeat(60_000)}`],
    ['forwarded', `for=a${' '.repeat(60_000)}b`],
    ['forwarded', 'for=a;'.repeat(10_000)],
    ['x-forwarded-for', `"${'\\"'.repeat(30_000)}`],
    ['x-forwarded-for', ','.repeat(60_000)],
    ['x-forwarded-for', '['.repeat(60_000)],
  ])('into %s names nobody when it is long and hostile, and is read at once: %#', (header, value) => {
    const steps = [...hops(header, value)];
    expect(steps.filter((hop) => 'address' in hop)).toEqual([]);
  });

  test.each<[ForwardedHeader, string, 'malformed' | 'hidden']>([
    ['x-forwarded-for', 'unknown', 'hidden'],
    ['x-forwarded-for', '_gateway:80', 'hidden'],
    ['x-forwarded-for', '203.0.113.7:', 'malformed'],
    ['x-forwarded-for', '203.0.113.7:123456', 'malformed'],
    ['x-forwarded-for', '203.0.113.07', 'malformed'],
    ['x-forwarded-for', '[2001:db8::1', 'malformed'],
    ['x-forwarded-for', 'for=203.0.113.7', 'malformed'],
    ['forwarded', 'for=unknown', 'hidden'],
    ['forwarded', 'FOR=_hidden;proto=https', 'hidden'],
    ['forwarded', 'proto=https;by=203.0.113.43', 'hidden'],
    ['forwarded', 'for=203.0.113.7;for=203.0.113.8', 'malformed'],
    ['forwarded', 'for=2001:db8::1', 'malformed'],
    ['forwarded', 'for="203.0.113.7', 'malformed'],
    ['forwarded', '203.0.113.7', 'malformed'],
    ['forwarded', 'for=', 'malformed'],
  ])('into %s as %j is %s', (header, value, unreadable) => {
    expect([...hops(header, value)]).toEqual([{ unreadable }]);
  });
});

describe('the client of a request', () => {
  const proxy = '127.0.2.2';
  const nearerProxy = '127.0.1.3';
  const stranger = '127.0.9.9';
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ TRUSTED_PROXIES: `${proxy}, 127.0.1.0/24, 2001:db8:ffff::/48` });
  });
  afterAll(() => api.stop());

  /** The network of whom the log takes for the client. */
  async function clientOf(from: string, forwardedFor?: string, asked = api): Promise<unknown> {
    const id = `client-${Math.random()}`;
    await getFrom(from, `${asked.url}/health/live`, {
      'X-Request-Id': id,
      ...(forwardedFor !== undefined && { 'X-Forwarded-For': forwardedFor }),
    });
    return asked.logLines().find((line) => line['http.request.id'] === id)?.['client.ip'];
  }

  test.each([
    ['a stranger is itself', stranger, undefined, '127.0.9.0'],
    ['a stranger who forges the header is itself', stranger, '192.0.2.1', '127.0.9.0'],
    ['a stranger who names a trusted proxy is itself', stranger, proxy, '127.0.9.0'],
    ['a proxy that forwards for nobody is itself', proxy, undefined, '127.0.2.0'],
    ['behind a trusted proxy it is whom the proxy names', proxy, '192.0.2.1', '192.0.2.0'],
    ['behind a proxy of a trusted range too', nearerProxy, '192.0.2.1', '192.0.2.0'],
    ['behind two proxies it is whom the farther one names', nearerProxy, `192.0.2.1, ${proxy}`, '192.0.2.0'],
    ['what it forged before the proxies wrote is nothing', proxy, '198.51.100.7, 192.0.2.1', '192.0.2.0'],
    ['also when it forged a trusted proxy', proxy, `${nearerProxy}, 192.0.2.1`, '192.0.2.0'],
    ['an IPv6 client keeps 48 bits of its address', proxy, '2001:db8:a:b::1', '2001:db8:a::'],
    ['an IPv4 client mapped into IPv6 is the IPv4 one', proxy, '::ffff:192.0.2.1', '192.0.2.0'],
    ['a trusted IPv6 proxy is passed over', proxy, '2001:db8::1, 2001:db8:ffff::5', '2001:db8:0::'],
    ['for text that is no address the proxy stands', proxy, '"><script>', '127.0.2.0'],
    ['with a port it is the same client', proxy, '192.0.2.1:54321', '192.0.2.0'],
    ['in brackets and with a port it is the same client', proxy, '[2001:db8:a::1]:443', '2001:db8:a::'],
    ['for a client that the proxy hides the proxy stands', proxy, '192.0.2.1, unknown', '127.0.2.0'],
    ['for an empty header the proxy stands', proxy, ' , ', '127.0.2.0'],
    ['for text before a proxy the nearest address stands', nearerProxy, `unknown, ${proxy}`, '127.0.2.0'],
  ])('%s', async (_name, from, forwardedFor, expected) => {
    expect(await clientOf(from, forwardedFor)).toBe(expected);
  });

  test.each([
    ['of one proxy it is whom that one names', '1', '192.0.2.1', '192.0.2.0'],
    ['what it forged before the proxy wrote is nothing', '1', '198.51.100.7, 192.0.2.1', '192.0.2.0'],
    ['where the network hides it the address of that hop stands', '1', '198.51.100.7, 10.0.3.4', '10.0.3.0'],
    [
      'of two proxies it is whom the farther one names',
      '2',
      '198.51.100.7, 192.0.2.1, 10.0.3.4',
      '192.0.2.0',
    ],
    ['of two proxies, one of which wrote, it is whom that one names', '2', '192.0.2.1', '192.0.2.0'],
    ['that the proxy hides, the proxy stands for it', '1', '192.0.2.1, unknown', '127.0.9.0'],
    ['of a proxy that names nobody, the proxy stands for it', '2', undefined, '127.0.9.0'],
  ])('where proxies are counted: %s', async (_name, TRUSTED_PROXY_HOPS, forwardedFor, expected) => {
    await using counting = await startApi({ TRUSTED_PROXY_HOPS });
    expect(await clientOf(stranger, forwardedFor, counting)).toBe(expected);
  });

  test('who makes up an address for each log-in behind a hop that hides it meets the limit', async () => {
    await using counting = await startApi({ TRUSTED_PROXY_HOPS: '1', RATE_LIMIT_SESSIONS: '10' });
    const statuses: unknown[] = [];
    for (let n = 1; n <= 13; n += 1) {
      const { status } = await counting.send('POST', '/v1/sessions', {
        json: { email: 'nobody@sightline.example', password: 'correct horse battery' },
        headers: { 'X-Forwarded-For': `198.51.100.${n}, 10.0.3.4` },
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429, 429]);
  });

  test('is whom the header names that the proxies write; the other one is the client’s own', async () => {
    await using other = await startApi({ TRUSTED_PROXIES: proxy, FORWARDED_HEADER: 'forwarded' });
    const clientBehind = async (headers: Record<string, string>, asked: TestApi) => {
      const id = `behind-${Math.random()}`;
      await getFrom(proxy, `${asked.url}/health/live`, { 'X-Request-Id': id, ...headers });
      return asked.logLines().find((line) => line['http.request.id'] === id)?.['client.ip'];
    };
    const both = { 'X-Forwarded-For': '192.0.2.1', Forwarded: 'For="[2001:DB8:a::1]:4711";proto=https' };
    expect(await clientBehind(both, api)).toBe('192.0.2.0');
    expect(await clientBehind(both, other)).toBe('2001:db8:a::');
    expect(await clientBehind({ Forwarded: both.Forwarded }, api)).toBe('127.0.2.0');
    expect(await clientBehind({ 'X-Forwarded-For': '192.0.2.1' }, other)).toBe('127.0.2.0');
  });

  test('whom its proxy names with a port counts as one, whatever the port is', async () => {
    await using limited = await startApi({ TRUSTED_PROXIES: proxy, RATE_LIMIT_IP: '2' });
    const statuses: unknown[] = [];
    for (const client of ['203.0.113.7:1', '203.0.113.7:2', '203.0.113.7:3', '203.0.113.8:3', '203.0.113.9'])
      statuses.push((await getFrom(proxy, `${limited.url}/v1/todos`, { 'X-Forwarded-For': client })).status);
    expect(statuses).toEqual([401, 401, 429, 401, 401]);
  });

  test('who can’t be read is counted each time and said once, without what was written', async () => {
    await using said = await startApi({ TRUSTED_PROXIES: proxy });
    for (const client of ['secret-host.example', 'secret-host.example', 'unknown'])
      await getFrom(proxy, `${said.url}/health/live`, { 'X-Forwarded-For': client });
    // Of who is not trusted nothing is believed, so nothing is missed either.
    await getFrom(stranger, `${said.url}/health/live`, { 'X-Forwarded-For': 'secret-host.example' });
    const samples = await said.samples();
    expect(samples.get('client_addresses_unreadable_total{reason="malformed"}')).toBe(2);
    expect(samples.get('client_addresses_unreadable_total{reason="hidden"}')).toBe(1);
    const lines = said.logLines().filter((line) => line['event.action'] === 'client-address-unreadable');
    expect(lines).toEqual([expect.objectContaining({ 'log.level': 'warn', 'event.reason': 'malformed' })]);
    expect(said.telemetry.logText()).not.toContain('secret-host');
  });

  test('is whoever opened the connection where no proxy is trusted', async () => {
    await using trusting = await startApi();
    const id = 'trusts-nobody';
    await getFrom('127.0.5.5', `${trusting.url}/health/live`, {
      'X-Request-Id': id,
      'X-Forwarded-For': '192.0.2.1',
    });
    expect(trusting.logLines()).toContainEqual(
      expect.objectContaining({ 'http.request.id': id, 'client.ip': '127.0.5.0' }),
    );
  });
});
