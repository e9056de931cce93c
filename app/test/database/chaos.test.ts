import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type KeepAliveClient, keepAliveClient } from '@sightline/testkit/keep-alive.ts';
import { startProxy, type TcpProxy } from '@sightline/testkit/proxy.ts';
import pg from 'pg';
import { databaseUnavailable } from '../../src/database/errors.ts';
import { startApi, type TestApi, type TestUser } from '../support/api.ts';

const poolMax = 5;
const clients = 40;

/** The answers that all clients got. */
interface Ledger {
  /** Titles of the todos that were answered with 201. */
  readonly created: string[];
  /** Titles of those that were answered with 503: they may have been written or not. */
  readonly refused: string[];
  readonly reads: { right: number; refused: number };
  /** Whatever else came back, and requests that got no answer. */
  readonly wrong: unknown[];
}

describe('under load, while PostgreSQL', () => {
  let api: TestApi;
  let proxy: TcpProxy;
  let superuser: pg.Client;
  let user: TestUser;
  let known: { id: string; title: string };
  let connections: KeepAliveClient;
  let rounds = 0;

  beforeAll(async () => {
    const server = new URL(process.env['TEST_DATABASE_URL'] ?? '');
    proxy = await startProxy({ host: server.hostname, port: Number(server.port) });
    superuser = new pg.Client({ connectionString: process.env['TEST_DATABASE_ADMIN_URL'] });
    await superuser.connect();
    api = await startApi(
      {
        DATABASE_POOL_MAX: String(poolMax),
        DATABASE_CONNECT_TIMEOUT_MS: '1500',
        DATABASE_STATEMENT_TIMEOUT_MS: '1500',
        REQUEST_TIMEOUT_MS: '5000',
      },
      (databaseUrl) => {
        const url = new URL(databaseUrl);
        url.port = String(proxy.port);
        return url.href;
      },
    );
    user = await api.newUser();
    const { body } = await api.send<{ id: string; title: string }>('POST', '/v1/todos', {
      token: user.token,
      json: { title: 'known' },
    });
    known = body;
    connections = keepAliveClient(api.url, clients);
  });
  afterAll(async () => {
    connections.close();
    await api.stop();
    await proxy.close();
    await superuser.end();
  });

  /** Writes and reads on all connections while the fault goes on, and until writes pass again after it. */
  async function load(fault: (ledger: Ledger) => Promise<unknown>): Promise<Ledger> {
    rounds += 1;
    const round = rounds;
    const ledger: Ledger = { created: [], refused: [], reads: { right: 0, refused: 0 }, wrong: [] };
    let going = true;
    const write = async (title: string) => {
      const { status, text } = await connections.send('POST', '/v1/todos', user.token, { title });
      if (status === 201 && JSON.parse(text).title === title) ledger.created.push(title);
      else if (status === 503) ledger.refused.push(title);
      else ledger.wrong.push({ status, text });
    };
    const read = async () => {
      const { status, text } = await connections.send('GET', `/v1/todos/${known.id}`, user.token);
      if (status === 200 && JSON.parse(text).title === known.title) ledger.reads.right += 1;
      else if (status === 503) ledger.reads.refused += 1;
      else ledger.wrong.push({ status, text });
    };
    const work = Array.from({ length: clients }, async (_, client) => {
      for (let n = 0; going; n += 1) {
        await write(`${round}-${client}-${n}`).catch((error) => ledger.wrong.push(error));
        await read().catch((error) => ledger.wrong.push(error));
      }
    });
    try {
      await eventually(() => ledger.created.length > 100);
      await fault(ledger);
      const before = ledger.created.length;
      await eventually(() => ledger.created.length > before + 100);
    } finally {
      going = false;
    }
    await Promise.all(work);
    return ledger;
  }

  /** Waits until the instance was refused what it asked for, so that the fault is known to have struck. */
  const struck = ({ refused, reads }: Ledger, times = 20) =>
    eventually(() => refused.length + reads.refused >= times);

  const name = () => api.config.DATABASE_URL.database;
  const backends = async () => {
    const { rows } = await superuser.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = $1 and application_name = 'todo-api'",
      [name()],
    );
    return rows.map(({ pid }) => pid);
  };
  const killBackends = () =>
    superuser.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'todo-api'",
      [name()],
    );

  const faults: [string, (ledger: Ledger) => Promise<unknown>][] = [
    [
      'loses all its backends five times',
      async (ledger) => {
        for (let kills = 0; kills < 5; kills += 1) {
          const { created } = ledger;
          const before = created.length;
          await killBackends();
          await eventually(() => created.length > before + 20);
        }
      },
    ],
    [
      'refuses connections',
      async (ledger) => {
        await proxy.cut();
        await struck(ledger);
        await proxy.mend();
      },
    ],
    [
      'is paused',
      async (ledger) => {
        proxy.hang();
        await struck(ledger);
        proxy.resume();
      },
    ],
    [
      'takes no new connections and ends the old ones, as it does when it is shut down',
      async (ledger) => {
        await superuser.query(`alter database ${name()} allow_connections false`);
        await killBackends();
        await struck(ledger);
        await superuser.query(`alter database ${name()} allow_connections true`);
      },
    ],
  ];

  test.each(faults)('%s, answers are right or 503, and what was answered holds', async (_name, fault) => {
    const ledger = await load(fault);
    expect(ledger.wrong).toEqual([]);
    expect(ledger.reads.right).toBeGreaterThan(0);
    // The ledger against the database: all that was confirmed is there, and nothing that nobody sent.
    const rows = await api.knex('todos').where('title', 'like', `${rounds}-%`).pluck<string[]>('title');
    const stored = new Set(rows);
    expect(rows).toHaveLength(stored.size);
    expect(ledger.created.filter((title) => !stored.has(title))).toEqual([]);
    const sent = new Set([...ledger.created, ...ledger.refused]);
    expect(rows.filter((title) => !sent.has(title))).toEqual([]);
    // Nothing is left over: no request waits, and the connections are no more than the pool may have.
    const { pool } = api.knex.client;
    await eventually(
      () => pool.numPendingAcquires() === 0 && pool.numPendingCreates() === 0 && pool.numUsed() === 0,
    );
    expect(pool.numFree()).toBeLessThanOrEqual(poolMax);
    await eventually(async () => (await backends()).length <= poolMax);
    await eventually(async () => {
      const { body } = await api.send<{ database: { up: boolean } }>('GET', '/health/ready');
      return body.database.up;
    });
  });

  test('was away all that while, no answer was an error of ours', () => {
    const unexpected = api.logLines().filter(
      (line) =>
        line['log.level'] === 'error' &&
        !databaseUnavailable({
          code: line['error.code'],
          // Behind the name of the statement.
          message: String(line['error.message']).replace(/^[a-z_]+\.[a-z_]+: /, ''),
        }),
    );
    expect(unexpected).toEqual([]);
  });
});
