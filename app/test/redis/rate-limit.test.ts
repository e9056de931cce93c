import { afterEach, describe, expect } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startRedis, type TestRedis, testWithRedis } from '@sightline/testkit/redis.ts';
import { getFrom } from '@sightline/testkit/source.ts';
import { startApi, type TestApi } from '../support/api.ts';

const away = 'redis-down';
const back = 'redis-up';

describe('rate limits in Redis', () => {
  let redis: TestRedis | undefined;
  let apis: TestApi[] = [];
  let clients = 0;

  afterEach(async () => {
    await Promise.all(apis.map((api) => api.stop()));
    await redis?.stop();
    apis = [];
    redis = undefined;
  });

  /** Starts instances on one Redis; each address may send 10 requests. */
  async function start<const Count extends number>(count: Count) {
    const shared = await startRedis();
    redis = shared;
    const instances = await Promise.all(
      Array.from({ length: count }, () => startApi({ REDIS_URL: shared.url, RATE_LIMIT_IP: '10' })),
    );
    apis = instances;
    const [first, second = first] = instances;
    if (!first || !second) throw new Error('at least one instance is needed');
    for (const api of instances) await eventually(() => changes(api).length > 0);
    return { redis: shared, first, second };
  }

  /** Events about Redis in the log, in order. */
  const changes = (api: TestApi) =>
    api
      .logLines()
      .map((line) => line['event.action'])
      .filter((action) => action === away || action === back);

  /** An address that has sent nothing yet. */
  const newClient = () => {
    clients += 1;
    return `127.0.2.${clients}`;
  };
  const ask = async (api: TestApi, client: string) => (await getFrom(client, `${api.url}/v1/todos`)).status;
  const askOften = async (api: TestApi, client: string, times: number) =>
    (await Promise.all(Array.from({ length: times }, () => ask(api, client)))).filter(
      (status) => status === 429,
    ).length;

  testWithRedis('are one for two instances', async () => {
    const { first, second } = await start(2);
    const client = newClient();
    expect(await askOften(first, client, 6)).toBe(0);
    expect(await askOften(second, client, 6)).toBe(2);
    expect(await ask(first, client)).toBe(429);
    expect(changes(first)).toEqual([back]);
  });

  const outages: [string, (server: TestRedis) => unknown, (server: TestRedis) => unknown][] = [
    ['is killed', (server) => server.kill(), (server) => server.start()],
    ['hangs', (server) => server.pause(), (server) => server.resume()],
  ];
  for (const [outage, begin, end] of outages) {
    testWithRedis(`go on in memory when Redis ${outage}, and return to it by themselves`, async () => {
      const { redis: server, first, second } = await start(2);
      await begin(server);
      // None waits for Redis longer than it may, and none fails.
      const statuses = await Promise.all(Array.from({ length: 50 }, () => ask(first, newClient())));
      expect(statuses.filter((status) => status !== 401)).toEqual([]);
      await eventually(() => changes(first).at(-1) === away);
      // Still limited, each instance for itself.
      const client = newClient();
      expect(await askOften(first, client, 12)).toBe(2);
      expect(await askOften(second, client, 10)).toBe(0);

      await end(server);
      await eventually(() => [first, second].every((api) => changes(api).at(-1) === back));
      const later = newClient();
      expect(await askOften(first, later, 6)).toBe(0);
      expect(await askOften(second, later, 6)).toBe(2);
      expect(changes(first)).toEqual([back, away, back]);
    });
  }

  testWithRedis('let no request wait for a Redis that hangs, once one has', async () => {
    const { redis: server, first } = await start(1);
    server.pause();
    await ask(first, newClient());
    await eventually(() => changes(first).at(-1) === away);
    // Far more than the connection's queue would take, were they sent there.
    for (let round = 0; round < 20; round += 1) await askOften(first, newClient(), 10);
    const durations = first
      .logLines()
      .filter((line) => line['event.action'] === 'request' && line['client.ip'] === '127.0.2.0')
      .map((line) => Number(line['event.duration']) / 1e6);
    expect(Math.max(...durations)).toBeLessThan(2000);
    server.resume();
    await eventually(() => changes(first).at(-1) === back);
  });

  testWithRedis('do not hold up a start while Redis is away, and never show its password', async () => {
    const server = await startRedis();
    redis = server;
    await server.kill();
    const api = await startApi({ REDIS_URL: server.url, RATE_LIMIT_IP: '10' });
    apis = [api];
    await eventually(() => changes(api).at(-1) === away);
    expect(await askOften(api, newClient(), 12)).toBe(2);
    await server.start();
    await eventually(() => changes(api).at(-1) === back);
    expect(changes(api)).toEqual([away, back]);
    expect(JSON.stringify(api.logLines())).not.toContain(server.password);
  });

  testWithRedis('go on in memory when Redis refuses the password', async () => {
    const server = await startRedis();
    redis = server;
    const api = await startApi({ REDIS_URL: server.url.replace(server.password, 'wrong-hunter2') });
    apis = [api];
    await eventually(() => changes(api).at(-1) === away);
    expect(await ask(api, newClient())).toBe(401);
    expect(JSON.stringify(api.logLines())).not.toContain('hunter2');
    expect(api.logLines()).toContainEqual(
      expect.objectContaining({
        'event.action': away,
        'error.message': expect.stringContaining('WRONGPASS'),
      }),
    );
  });
});
