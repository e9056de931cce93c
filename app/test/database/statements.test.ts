import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseErrorKind } from '@sightline/contract/database.ts';
import { type StatementName, statementNames } from '@sightline/contract/database.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProxy, type TcpProxy } from '@sightline/testkit/proxy.ts';
import type { Knex } from 'knex';
import pg from 'pg';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { databaseErrorKind } from '../../src/database/errors.ts';
import { migrate } from '../../src/database/migrate.ts';
import { named, type StatementListener } from '../../src/database/statements.ts';
import { maintenanceJobs } from '../../src/maintenance/jobs.ts';
import { startMaintenance } from '../../src/maintenance/maintenance.ts';
import { inRequest, type RequestContext } from '../../src/telemetry/request-context.ts';
import { createPasswords } from '../../src/users/passwords.ts';
import { createUserRepository } from '../../src/users/repository.ts';
import { startApi, type Tokens } from '../support/api.ts';
import { createTestTelemetry } from '../support/telemetry.ts';

const telemetry = createTestTelemetry();
const { log, metrics } = telemetry;

/** Everything a listener is told, counted. */
function ledger() {
  const sent: StatementName[] = [];
  const errors: DatabaseErrorKind[] = [];
  const queueErrors: DatabaseErrorKind[] = [];
  const waits: number[] = [];
  let answered = 0;
  const listener: StatementListener = {
    queued(waitMs, error) {
      waits.push(waitMs);
      if (error !== undefined) queueErrors.push(databaseErrorKind(error));
    },
    sent(name) {
      sent.push(name);
      return (_durationMs, error) => {
        answered += 1;
        if (error !== undefined) errors.push(databaseErrorKind(error));
      };
    },
  };
  return { listener, sent, errors, queueErrors, waits, inFlight: () => sent.length - answered };
}

const newRequest = (): RequestContext => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  sampled: false,
  span: undefined,
  databaseMs: 0,
  queueMs: 0,
  statements: 0,
});

test('every statement of the API and its background work has a name, and every name is used', async () => {
  const { listener, sent } = ledger();
  await using api = await startApi({}, undefined, { listeners: [listener] });
  const { send, knex } = api;
  const { id: userId, token, refreshToken, email, password } = await api.newUser();
  const { body: todo } = await send<{ id: string }>('POST', '/v1/todos', { token, json: { title: 'One' } });
  const path = `/v1/todos/${todo.id}`;
  const key = { 'Idempotency-Key': 'k' };
  await send('POST', '/v1/todos/batch', { token, headers: key, json: { items: [{ title: 'Two' }] } });
  await send('POST', '/v1/todos/batch', { token, headers: key, json: { items: [{ title: 'Two' }] } });
  await send('GET', '/v1/todos?q=one&status=open', { token });
  await send('GET', path, { token });
  await send('PATCH', path, { token, json: { status: 'done' } });
  await send('DELETE', path, { token });
  await send('POST', `${path}/restore`, { token });
  await send('GET', `${path}/history?limit=1`, { token });
  await send('GET', '/v1/users/me', { token });
  await send('GET', '/v1/sessions', { token });
  await send('DELETE', '/v1/sessions/others', { token });
  await send('DELETE', `/v1/sessions/${todo.id}`, { token });
  await send('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } });
  await send('POST', '/v1/sessions/refresh', { json: { refresh_token: refreshToken } });
  await send('DELETE', '/v1/sessions/current', { token });
  // A hash with other parameters than the configured ones is renewed at log-in.
  const costlier = createPasswords({ ...api.config, ARGON2_ITERATIONS: 2 }, metrics);
  await createUserRepository(knex).setPasswordHash(userId, await costlier.hash(password, 'test'));
  const again = await send<Tokens>('POST', '/v1/sessions', { json: { email, password } });
  await send('DELETE', '/v1/users/me', { token: again.body.access_token, json: { password } });
  // Not one of the service's, so that a name for those without is seen to be there.
  await knex.raw('select 1');
  const { waits, ...jobs } = ledger();
  const maintained = openDatabase(api.config, log, [jobs.listener]);
  const maintenance = startMaintenance(maintained, maintenanceJobs(api.config), {
    intervalMs: 10,
    ...telemetry,
  });
  const ofJobs = statementNames.filter((name) => name.endsWith('.clean_up'));
  await eventually(() => ofJobs.every((name) => jobs.sent.includes(name)));
  await maintenance.stop();
  await maintained.destroy();
  expect(waits.length).toBeGreaterThan(0);

  const all = [...sent, ...jobs.sent];
  expect(all.filter((name) => name === 'other')).toHaveLength(1);
  expect(statementNames.filter((name) => !all.includes(name))).toEqual([]);
});

describe('statements on PostgreSQL', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let superuser: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { hostname, port } = new URL(database.url);
    proxy = await startProxy({ host: hostname, port: Number(port) });
    superuser = new pg.Client({ connectionString: process.env['TEST_DATABASE_ADMIN_URL'] });
    await superuser.connect();
    const owner = openDatabase(readConfig({ DATABASE_URL: database.url }), log);
    await migrate(owner);
    await owner.destroy();
  });
  afterAll(async () => {
    await superuser.end();
    await proxy.close();
    await database.drop();
  });

  /** Runs `work` on a pool of two connections that goes through the proxy. */
  async function onPool(
    listener: StatementListener,
    work: (knex: Knex) => Promise<unknown>,
    settings: Record<string, string> = {},
  ): Promise<void> {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    const config = readConfig({
      DATABASE_URL: url.href,
      DATABASE_POOL_MAX: '2',
      // Nothing is late but what a test is about, however busy the machine.
      DATABASE_CONNECT_TIMEOUT_MS: '60000',
      DATABASE_STATEMENT_TIMEOUT_MS: '60000',
      ...settings,
    });
    const knex = openDatabase(config, log, [listener]);
    try {
      await work(knex);
    } finally {
      await knex.destroy();
    }
  }

  const backend = async (text: string) => {
    const { rows } = await superuser.query<{ pid: number; query: string }>(
      'select pid, query from pg_stat_activity where datname = $1 and query like $2',
      [new URL(database.url).pathname.slice(1), `%${text}%`],
    );
    return rows[0];
  };

  test('begin with their name, so that PostgreSQL shows it', async () => {
    const { listener } = ledger();
    await onPool(listener, async (knex) => {
      const sleeping = named('todos.get', () => knex.raw("select pg_sleep(60), 'shown'")).catch(() => {});
      await eventually(async () => (await backend("'shown'")) !== undefined);
      const shown = await backend("'shown'");
      expect(shown?.query).toBe("/* todos.get */ select pg_sleep(60), 'shown'");
      await superuser.query('select pg_cancel_backend($1)', [shown?.pid]);
      await sleeping;
    });
  });

  test('add their time and the wait for a connection to the request they belong to, and to no other', async () => {
    const { listener } = ledger();
    const [first, second] = [newRequest(), newRequest()];
    await onPool(
      listener,
      async (knex) => {
        await Promise.all([
          inRequest(first, async () => {
            await knex.transaction((transaction) => transaction.raw('select pg_sleep(0.1)'));
          }),
          inRequest(second, async () => {
            await knex.raw('select 1');
          }),
        ]);
        await knex.raw('select 1');
      },
      { DATABASE_POOL_MAX: '1' },
    );
    expect(first.statements).toBe(3);
    expect(first.databaseMs).toBeGreaterThanOrEqual(99);
    expect(second.statements).toBe(1);
    // It had to wait for the transaction of the first, which held the only connection.
    expect(second.queueMs).toBeGreaterThanOrEqual(99);
    expect(second.databaseMs).toBeLessThan(second.queueMs);
  });

  test('wait for a connection once, a transaction’s included', async () => {
    const { listener, waits, sent } = ledger();
    await onPool(listener, (knex) =>
      knex.transaction(async (transaction) => {
        await transaction.raw('select 1');
        await transaction.transaction((inner) => inner.raw('select 2'));
      }),
    );
    expect(waits).toHaveLength(1);
    expect(sent.filter((name) => name === 'transaction')).toHaveLength(4);
  });

  const insertUser = (knex: Knex) =>
    knex('users').insert({ email: 'twice@example.com', name: 'A User', password_hash: 'x' });

  /** Failures by name: the action that fails, the kinds of errors that the listener hears of, and settings. */
  const failures: [
    string,
    (knex: Knex) => Promise<unknown>,
    { statement?: DatabaseErrorKind; queue?: DatabaseErrorKind },
    settings?: Record<string, string>,
  ][] = [
    ['a statement is wrong', (knex) => knex.raw('select nothing from nowhere'), { statement: 'other' }],
    [
      'a constraint is violated',
      async (knex) => {
        await insertUser(knex);
        await insertUser(knex);
      },
      { statement: 'constraint' },
    ],
    [
      'PostgreSQL ends a statement',
      (knex) => knex.raw('select pg_sleep(60)'),
      { statement: 'statement_timeout' },
      { DATABASE_STATEMENT_TIMEOUT_MS: '300' },
    ],
    [
      'the client stops waiting',
      async (knex) => {
        await knex.raw('select 1');
        proxy.hang();
        try {
          await knex.raw('select 1');
        } finally {
          proxy.resume();
        }
      },
      { statement: 'statement_timeout' },
      { DATABASE_STATEMENT_TIMEOUT_MS: '300' },
    ],
    [
      'a statement is cancelled by knex',
      (knex) =>
        knex('users').select(knex.raw('pg_sleep(0.2)')).from(knex.raw('generate_series(1, 1)')).timeout(20),
      {},
    ],
    [
      'someone cancels a statement',
      async (knex) => {
        const asleep = knex.raw("select pg_sleep(60), 'cancelled'").then(() => {});
        const watched = asleep.catch(() => {});
        await eventually(async () => {
          const found = await backend("'cancelled'");
          if (found) await superuser.query('select pg_cancel_backend($1)', [found.pid]);
          return found !== undefined;
        });
        await watched;
        await asleep;
      },
      { statement: 'statement_timeout' },
    ],
    [
      'a backend dies',
      async (knex) => {
        const asleep = knex.raw("select pg_sleep(60), 'dying'").then(() => {});
        const watched = asleep.catch(() => {});
        await eventually(async () => {
          const found = await backend("'dying'");
          if (found) await superuser.query('select pg_terminate_backend($1)', [found.pid]);
          return found !== undefined;
        });
        await watched;
        await asleep;
      },
      { statement: 'connection' },
    ],
    [
      'the connection is cut in a transaction',
      (knex) =>
        knex.transaction(async (transaction) => {
          await transaction.raw('select 1');
          await proxy.cut();
          await proxy.mend();
          await transaction.raw('select 2');
        }),
      { statement: 'connection' },
    ],
    [
      'nobody answers',
      async (knex) => {
        await proxy.cut();
        try {
          await knex.raw('select 1');
        } finally {
          await proxy.mend();
        }
      },
      { queue: 'connection' },
    ],
    [
      'the pool is exhausted',
      (knex) => knex.transaction(() => knex.transaction(() => knex.raw('select 1'))),
      { queue: 'pool_timeout' },
      { DATABASE_CONNECT_TIMEOUT_MS: '2000' },
    ],
    [
      'a lock is held by someone else',
      (knex) =>
        knex.transaction(async (transaction) => {
          await transaction.raw('lock table todos in access exclusive mode');
          await knex.transaction(async (other) => {
            await other.raw("set local lock_timeout = '50ms'");
            await other.raw('lock table todos in access exclusive mode');
          });
        }),
      { statement: 'lock_timeout' },
    ],
    [
      'two transactions wait for each other',
      async (knex) => {
        const [oneHasIts, twoHasIts] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const lock = (transaction: Knex.Transaction, key: number) =>
          transaction.raw('select pg_advisory_xact_lock(?)', [key]);
        const one = knex.transaction(async (transaction) => {
          await lock(transaction, 1);
          oneHasIts.resolve();
          await twoHasIts.promise;
          await lock(transaction, 2);
        });
        const two = knex.transaction(async (transaction) => {
          await lock(transaction, 2);
          twoHasIts.resolve();
          await oneHasIts.promise;
          await lock(transaction, 1);
        });
        const results = await Promise.allSettled([one, two]);
        for (const result of results) if (result.status === 'rejected') throw result.reason;
      },
      { statement: 'deadlock' },
    ],
  ];

  test.each(failures)(
    'none stays in flight when %s',
    async (_, work, { statement, queue }, settings = {}) => {
      const { listener, sent, errors, queueErrors, inFlight } = ledger();
      await onPool(
        listener,
        async (knex) => {
          await expect(work(knex)).rejects.toThrow();
          await eventually(() => inFlight() === 0);
          // And the pool is of use as before; it may still hand out a connection that is about to end.
          await eventually(async () => Boolean(await knex.raw('select 1')));
        },
        settings,
      );
      expect(inFlight()).toBe(0);
      expect(sent.length).toBeGreaterThan(0);
      if (statement) expect(errors).toContain(statement);
      if (queue) expect(queueErrors).toEqual([queue]);
      else expect(queueErrors).toEqual([]);
    },
  );

  test('a database that takes no more connections is known by its kind', async () => {
    const { listener, queueErrors } = ledger();
    const name = new URL(database.url).pathname.slice(1);
    await superuser.query(`alter database ${name} connection limit 0`);
    try {
      await onPool(listener, (knex) => expect(knex.raw('select 1')).rejects.toThrow());
    } finally {
      await superuser.query(`alter database ${name} connection limit -1`);
    }
    expect(queueErrors).toEqual(['too_many_connections']);
  });

  test('a wrong password is known by its kind', async () => {
    const { listener, queueErrors } = ledger();
    const url = new URL(database.url);
    url.port = String(proxy.port);
    url.password = 'wrong';
    await onPool(listener, (knex) => expect(knex.raw('select 1')).rejects.toThrow(), {
      DATABASE_URL: url.href,
    });
    expect(queueErrors).toEqual(['authentication']);
  });
});
