import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { keepAliveClient } from '@sightline/testkit/keep-alive.ts';
import { portsOf, type ServiceProcess, startProcess } from '@sightline/testkit/process.ts';
import { startRedis, testWithRedis } from '@sightline/testkit/redis.ts';
import pg from 'pg';
import { client, registerUser } from './support/api.ts';

describe('the process', () => {
  let database: TestDatabase;
  let running: ServiceProcess[] = [];
  const start = (file: string, environment: Record<string, string> = {}) => {
    const started = startProcess(file, {
      DATABASE_URL: database.url,
      PORT: '0',
      MANAGEMENT_PORT: '0',
      ...environment,
    });
    running.push(started);
    return started;
  };

  /** Starts the API and waits for the ports it took. */
  async function startApi(environment: Record<string, string> = {}) {
    const api = start('main.ts', environment);
    const { port, managementPort } = await portsOf(api);
    return {
      ...api,
      port,
      send: client(`http://127.0.0.1:${port}`),
      // Not checked: the OpenAPI document is about the API's port.
      management: client(`http://127.0.0.1:${managementPort}`, () => {}),
    };
  }

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const { child, ended } of running) {
      child.kill('SIGKILL');
      await ended;
    }
    running = [];
  });
  afterAll(() => database.drop());

  test('with a wrong configuration names it and exits with 1', async () => {
    const { ended, output } = start('main.ts', { PORT: 'http' });
    expect(await ended).toBe(1);
    expect(output()).toBe(
      'The configuration is wrong (docs/configuration.md lists all settings):\n' +
        '  PORT is "http"; it takes a port from 1 to 65535, or 0 for a free one.\n',
    );
  });

  test('whose port is taken says so and exits with 1', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { ended, output } = start('main.ts', { PORT: String(port) });
    expect(await ended).toBe(1);
    holder.close();
    expect(output()).toContain(
      `127.0.0.1:${port} is taken by another process; set PORT or MANAGEMENT_PORT to a free one.`,
    );
  });

  test('starts before its database is migrated, says what it waits for, and gets ready by itself', async () => {
    const api = await startApi();
    for (const send of [api.send, api.management]) {
      expect((await send('GET', '/health/live')).status).toBe(200);
      await eventually(async () =>
        (await send('GET', '/health/startup')).text.includes('waits for the migrations 001_'),
      );
      expect((await send('GET', '/health/startup')).status).toBe(503);
      expect((await send('GET', '/health/ready')).status).toBe(503);
    }
    expect(await start('database/migrate.ts').ended).toBe(0);
    await eventually(async () => (await api.send('GET', '/health/ready')).status === 200);
    expect((await api.management('GET', '/health/startup')).status).toBe(200);
  });

  test('serves no API on the management port', async () => {
    const api = await startApi();
    expect((await api.management('GET', '/v1/todos')).status).toBe(404);
  });

  testWithRedis(
    'shares its rate limits with others on the same Redis, and ends while it is away',
    async () => {
      const redis = await startRedis();
      const environment = { REDIS_URL: redis.url, RATE_LIMIT_IP: '10' };
      const processes = await Promise.all([startApi(environment), startApi(environment)]);
      for (const { output } of processes) await eventually(() => output().includes('redis-up'));
      const statuses: number[] = [];
      for (let n = 0; n < 14; n += 1) {
        for (const { send } of processes.slice(n % 2, (n % 2) + 1))
          statuses.push((await send('GET', '/v1/todos')).status);
      }
      expect(statuses).toEqual([...Array(10).fill(401), ...Array(4).fill(429)]);
      redis.pause();
      for (const { child, ended, output } of processes) {
        child.kill('SIGTERM');
        expect(await ended).toBe(0);
        expect(output()).not.toContain(redis.password);
      }
      await redis.stop();
    },
  );

  test('warns that its signing key ends with it', async () => {
    const api = await startApi();
    expect(api.output()).toContain('JWT_KEYS is not set');
  });

  test('makes the demo user with a dozen todos once, and gives it the password again when that changed', async () => {
    await start('database/migrate.ts').ended;
    const api = await startApi();
    for (const password of ['the first password', 'the first password', 'another password']) {
      const seed = start('seed.ts', { DEMO_USER_PASSWORD: password });
      expect(await seed.ended).toBe(0);
      expect(seed.output()).not.toContain(password);
      const json = { email: 'demo@sightline.example', password };
      const { body } = await api.send<{ access_token: string }>('POST', '/v1/sessions', { json });
      const list = await api.send<{ items: unknown[] }>('GET', '/v1/todos', { token: body.access_token });
      expect(list.body.items).toHaveLength(12);
    }
  });

  test.each([
    ['seed.ts', {}, 'DEMO_USER_PASSWORD is not set'],
    [
      'seed.ts',
      { NODE_ENV: 'production', DEMO_USER_PASSWORD: 'a long password' },
      'production takes no demo user',
    ],
    ['database/migrate.ts', { DATABASE_URL: '' }, 'DATABASE_URL is not set'],
  ])('%s with %j refuses', async (file, environment, reason) => {
    const { ended, output } = start(file, environment);
    expect(await ended).toBe(1);
    expect(output()).toContain(reason);
  });

  describe('at SIGTERM', () => {
    test('turns unready first, closes idle connections, and exits with 0', async () => {
      const api = await startApi({ DRAIN_DELAY_MS: '1000' });
      expect((await api.send('GET', '/health/live')).headers.get('connection')).toBe('keep-alive');
      api.child.kill('SIGTERM');
      await eventually(async () => (await api.send('GET', '/health/ready')).status === 503);
      const during = await api.send('GET', '/health/live');
      expect(during.status).toBe(200);
      expect(during.headers.get('connection')).toBe('close');
      expect(await api.ended).toBe(0);
      expect(api.output()).toContain('"event.action":"process-stopped"');
    });

    test('fails no request of a load balancer that stops asking when readiness turns false', async () => {
      await start('database/migrate.ts').ended;
      const api = await startApi({ DRAIN_DELAY_MS: '3000' });
      await eventually(async () => (await api.send('GET', '/health/ready')).status === 200);
      let ready = true;
      const answers = { before: 0, during: 0 };
      const failures: unknown[] = [];
      const ask = async () => {
        while (ready) {
          try {
            // Any answer will do here: what counts is that one comes.
            const { headers } = await api.send('GET', '/v1/todos');
            answers[headers.get('connection') === 'close' ? 'during' : 'before'] += 1;
          } catch (error) {
            failures.push((error as Error).cause ?? error);
          }
        }
      };
      const clients = Array.from({ length: 200 }, ask);
      await eventually(() => answers.before > 500);
      api.child.kill('SIGTERM');
      await eventually(async () => (await api.management('GET', '/health/ready')).status === 503);
      await eventually(() => answers.during > 100);
      ready = false;
      await Promise.all(clients);
      expect(await api.ended).toBe(0);
      expect(failures).toEqual([]);
    });

    test('fails none of the writes on 300 kept connections, also while a client hangs', async () => {
      await start('database/migrate.ts').ended;
      const api = await startApi({
        DRAIN_DELAY_MS: '2500',
        // The hung client makes the process wait for all of it; the writes in flight on a busy machine need some.
        SHUTDOWN_GRACE_MS: '15000',
        DATABASE_CONNECT_TIMEOUT_MS: '10000',
        REQUEST_TIMEOUT_MS: '20000',
        ARGON2_MEMORY_KIB: '8',
        RATE_LIMIT_IP: '0',
        RATE_LIMIT_USER: '0',
      });
      await eventually(async () => (await api.send('GET', '/health/ready')).status === 200);
      const { token } = await registerUser(api.send);
      const hung = connect(api.port, '127.0.0.1');
      hung.on('error', () => {});
      hung.write(
        'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      );

      const connections = keepAliveClient(`http://127.0.0.1:${api.port}`, 300);
      const statuses = new Map<number, number>();
      const written: string[] = [];
      const failures: unknown[] = [];
      let closing = 0;
      // Each writes until it is told that its connection closes: then it looks for another instance.
      const write = async (_: unknown, number: number) => {
        for (let n = 0; ; n += 1) {
          const title = `${number}-${n}`;
          try {
            const { status, closes } = await connections.send('POST', '/v1/todos', token, { title });
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            if (status === 201) written.push(title);
            if (closes) {
              closing += 1;
              return;
            }
          } catch (error) {
            failures.push(error);
            return;
          }
        }
      };
      const clients = Array.from({ length: 300 }, write);
      await eventually(() => written.length > 600);
      api.child.kill('SIGTERM');
      await eventually(async () => (await api.management('GET', '/health/ready')).status === 503);
      expect(api.child.exitCode).toBeNull();
      await Promise.all(clients);
      expect(await api.ended).toBe(0);
      connections.close();
      hung.destroy();
      expect(failures).toEqual([]);
      expect([...statuses.keys()]).toEqual([201]);
      expect(closing).toBe(300);
      const sql = new pg.Client({ connectionString: database.url });
      await sql.connect();
      const { rows } = await sql.query("select title from todos where title ~ '^[0-9]+-[0-9]+$'");
      await sql.end();
      expect(rows.map(({ title }) => title).sort()).toEqual(written.sort());
    });

    test('ends in time though nobody reads its log, and says how many lines are lost', async () => {
      const api = await startApi({ RATE_LIMIT_IP: '0' });
      api.child.stdout?.pause();
      // Several times what fits between the two processes.
      for (let n = 0; n < 60; n += 1)
        await Promise.all(Array.from({ length: 50 }, () => api.send('GET', '/health/live')));
      const exited = once(api.child, 'exit', { signal: AbortSignal.timeout(30_000) });
      api.child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
      api.child.stdout?.resume();
      expect(await api.ended).toBe(0);
      const left = /(\d+) log lines could not be written/.exec(api.output());
      const written = api.output().match(/"event\.action":"request"/g) ?? [];
      expect(Number(left?.[1])).toBeGreaterThan(0);
      expect(written.length).toBeGreaterThan(0);
      expect(written.length + Number(left?.[1])).toBeGreaterThanOrEqual(3000);
    });

    test('cuts a client that never ends its request when the grace period is over', async () => {
      const api = await startApi({ SHUTDOWN_GRACE_MS: '300' });
      const socket = connect(api.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
      await eventually(() => socket.bytesWritten > 0);
      await api.send('GET', '/health/live');
      api.child.kill('SIGTERM');
      expect(await api.ended).toBe(0);
      expect(api.output()).toContain('"labels.connections_cut":1');
      socket.destroy();
    });
  });
});
