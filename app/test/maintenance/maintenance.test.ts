import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { startProxy } from '@sightline/testkit/proxy.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { type Job, maintenanceJobs } from '../../src/maintenance/jobs.ts';
import { type Maintenance, startMaintenance } from '../../src/maintenance/maintenance.ts';
import type { Todo } from '../../src/todos/schema.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';
import { createTestTelemetry, type TestTelemetry } from '../support/telemetry.ts';

describe('maintenance', () => {
  let api: TestApi;
  let user: TestUser;
  let todo: Todo;
  let running: Maintenance[] = [];
  let telemetry: TestTelemetry;
  /** The lines that maintenance itself logged. */
  const logged = () =>
    telemetry.logLines().filter((line) => String(line['event.action']).startsWith('maintenance-'));
  const happened = () => logged().map((line) => line['event.action']);

  function start(jobs: readonly Job[], rows = 10): Maintenance {
    const maintenance = startMaintenance(api.knex, jobs, { intervalMs: 20, ...telemetry, rows });
    running.push(maintenance);
    return maintenance;
  }
  const everyJob = () => maintenanceJobs(api.config);

  beforeEach(() => {
    telemetry = createTestTelemetry();
  });
  beforeAll(async () => {
    api = await startApi();
    user = await api.newUser();
    ({ body: todo } = await api.send<Todo>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'Kept' },
    }));
  });
  afterEach(async () => {
    await Promise.all(running.map((maintenance) => maintenance.stop()));
    await telemetry.check();
    running = [];
  });
  afterAll(() => api.stop());

  const addEvents = (count: number, age: string) =>
    api.owner.raw(
      `insert into todo_events (id, todo_id, actor_id, request_id, action, changes)
       select uuidv7(-?::interval), ?, ?, 'old', 'updated', '{}' from generate_series(1, ?)`,
      [age, todo.id, user.id, count],
    );
  const addKeys = (count: number, age: string) =>
    api.knex.raw(
      `insert into idempotency_keys (id, user_id, key, fingerprint, status, headers)
       select uuidv7(-?::interval), ?, ? || n, sha256('x'), 204, '{}' from generate_series(1, ?) n`,
      [age, user.id, age, count],
    );
  const count = async (table: string) => Number((await api.knex(table).count().first())?.['count']);

  test('removes what is older than it is kept, step by step, leaves the rest, and says so in one line', async () => {
    await addEvents(25, '366 days');
    await addEvents(3, '364 days');
    await addKeys(30, '25 hours');
    await addKeys(4, '23 hours');
    start(everyJob());
    await eventually(
      async () => (await count('todo_events')) === 4 && (await count('idempotency_keys')) === 4,
    );
    await eventually(() => logged().length === 2);
    expect(logged()).toEqual([
      expect.objectContaining({ 'labels.job_name': 'audit', 'labels.rows': 25 }),
      expect.objectContaining({ 'labels.job_name': 'idempotency', 'labels.rows': 30 }),
    ]);
  });

  test('does not wait for what a request holds', async () => {
    await addEvents(5, '366 days');
    const request = await api.owner.transaction();
    await request('todo_events').where({ request_id: 'old' }).orderBy('id').limit(2).forUpdate();
    const before = await count('todo_events');
    start(everyJob());
    await eventually(async () => (await count('todo_events')) === before - 3);
    await request.rollback();
    await eventually(async () => (await count('todo_events')) === before - 5);
  });

  test('is done by one instance at a time', async () => {
    let [atOnce, max, steps] = [0, 0, 0];
    const job: Job = {
      name: 'audit',
      async run(knex, limit) {
        atOnce += 1;
        max = Math.max(max, atOnce);
        await knex.raw('select pg_sleep(0.02)');
        atOnce -= 1;
        steps += 1;
        return steps % 3 === 0 ? 0 : limit;
      },
    };
    for (let n = 0; n < 4; n += 1) start([job]);
    await eventually(() => steps > 20);
    expect(max).toBe(1);
  });

  test('is no success of an instance while another one holds the lock, who may hang', async () => {
    const succeeded = async () =>
      (await telemetry.metrics.scrape()).text.includes('\nmaintenance_last_success_timestamp_seconds ');
    let tries = 0;
    const countTries = ({ sql }: { sql: string }) => {
      if (sql.includes('pg_try_advisory_xact_lock')) tries += 1;
    };
    const job: Job = { name: 'audit', run: () => Promise.resolve(0) };
    await api.knex.transaction(async (hung) => {
      await hung.raw('select pg_advisory_xact_lock(7246518004)');
      api.knex.on('query', countTries);
      start([job]);
      await eventually(() => tries > 3);
      api.knex.removeListener('query', countTries);
      expect(await succeeded()).toBe(false);
    });
    await eventually(succeeded);
  });

  test('fails once in the log, goes on trying, and says when it works again', async () => {
    let tries = 0;
    let broken = true;
    const job: Job = {
      name: 'audit',
      run(knex) {
        tries += 1;
        return broken ? knex.raw('select 1 / 0') : Promise.resolve(0);
      },
    };
    start([job]);
    await eventually(() => tries > 3);
    broken = false;
    await eventually(() => happened().includes('maintenance-recovered'));
    expect(happened()).toEqual(['maintenance-failed', 'maintenance-recovered']);
  });

  test('when stopped ends its step and starts no other', async () => {
    let [begun, ended] = [0, 0];
    const maintenance = start([
      {
        name: 'audit',
        async run(knex, limit) {
          begun += 1;
          await knex.raw('select pg_sleep(0.1)');
          ended += 1;
          return limit;
        },
      },
    ]);
    await eventually(() => begun > 0);
    await maintenance.stop();
    const stepsAtStop = begun;
    expect(ended).toBe(stepsAtStop);
    await expect(eventually(() => begun > stepsAtStop, 200)).rejects.toThrow('Not so');
  });

  test('outlives a database that is away', async () => {
    const { TEST_DATABASE_URL = '' } = process.env;
    const server = new URL(TEST_DATABASE_URL);
    const proxy = await startProxy({ host: server.hostname, port: Number(server.port) });
    server.port = String(proxy.port);
    const knex = openDatabase(
      readConfig({ DATABASE_URL: server.href, DATABASE_CONNECT_TIMEOUT_MS: '60000' }),
      telemetry.log,
    );
    let steps = 0;
    const job: Job = {
      name: 'audit',
      run: async (connection) => {
        await connection.raw('select 1');
        steps += 1;
        return 0;
      },
    };
    const maintenance = startMaintenance(knex, [job], { intervalMs: 20, ...telemetry });
    await eventually(() => steps > 0);
    await proxy.cut();
    await eventually(() => logged().length > 0);
    await proxy.mend();
    const stepsBefore = steps;
    await eventually(() => steps > stepsBefore);
    await eventually(() => happened().includes('maintenance-recovered'));
    await maintenance.stop();
    await knex.destroy();
    await proxy.close();
    expect(happened()).toEqual(['maintenance-failed', 'maintenance-recovered']);
  });

  test('runs in the process of the service, and ends with it', async () => {
    const database = await createTestDatabase();
    const other = await startApi({}, undefined, { database });
    const { token, id } = await other.newUser();
    const { body } = await other.send<Todo>('POST', '/v1/todos', { token, json: { title: 'Kept' } });
    await other.knex('todo_events').insert({
      id: other.knex.raw("uuidv7('-366 days')"),
      ...{ todo_id: body.id, actor_id: id, request_id: 'old', action: 'updated', changes: '{}' },
    });
    const service = startProcess('main.ts', {
      ...{ DATABASE_URL: database.url, PORT: '0', MANAGEMENT_PORT: '0' },
      MAINTENANCE_INTERVAL_MS: '50',
    });
    await eventually(() => service.output().includes('"labels.job_name":"audit"'));
    expect(await other.knex('todo_events').pluck('action')).toEqual(['created']);
    service.child.kill('SIGTERM');
    expect(await service.ended).toBe(0);
    await other.stop();
    await database.drop();
  });
});
