import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientNetwork, unmapped } from '../../src/http/client-address.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { getFrom } from '../support/source.ts';

describe('an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8::ffff:192.0.2.1', '2001:db8::ffff:192.0.2.1'],
    ['::ffff:0:192.0.2.1', '::ffff:0:192.0.2.1'],
    ['no address', 'no address'],
    ['', ''],
  ])('%j is written as %j', (address, expected) => {
    expect(unmapped(address)).toBe(expected);
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
  ])('%s is counted as %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
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
  async function clientOf(from: string, forwardedFor?: string, url = api.url): Promise<unknown> {
    const id = `client-${Math.random()}`;
    await getFrom(from, `${url}/health/live`, {
      'X-Request-Id': id,
      ...(forwardedFor !== undefined && { 'X-Forwarded-For': forwardedFor }),
    });
    return api.logLines().find((line) => line['http.request.id'] === id)?.['client.ip'];
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
    ['for an empty header the proxy stands', proxy, ' , ', '127.0.2.0'],
    ['for text before a proxy the nearest address stands', nearerProxy, `unknown, ${proxy}`, '127.0.2.0'],
  ])('%s', async (_name, from, forwardedFor, expected) => {
    expect(await clientOf(from, forwardedFor)).toBe(expected);
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
