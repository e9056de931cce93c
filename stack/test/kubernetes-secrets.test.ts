import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect, createServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { readConfig } from '@sightline/app/src/config.ts';
import { startApi } from '@sightline/app/test/support/api.ts';
import { type OutsideObject, secrets } from '@sightline/kubernetes/secrets.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { startRedis, testWithRedis } from '@sightline/testkit/redis.ts';
import pg from 'pg';
import { localSecrets } from '../kubernetes/local-secrets.ts';

const run = promisify(execFile);
const components = resolve(import.meta.dirname, '../../kubernetes/components');
const has = (program: string, argument: string) =>
  spawnSync(program, [argument], { stdio: 'ignore' }).error === undefined;
const because = (program: string) => ` (skipped: ${program} is not on the PATH)`;

const hasOpenssl = has('openssl', 'version');
const withOpenssl = hasOpenssl ? describe : describe.skip;
const hasPsql = has('psql', '--version');
const testWithPsql = hasPsql ? test : test.skip;

withOpenssl(`the Secrets of the local overlay${hasOpenssl ? '' : because('openssl')}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-secrets-'));
  let made: ReadonlyMap<string, Readonly<Record<string, string>>>;
  beforeAll(async () => {
    made = new Map(
      (await localSecrets(directory)).map(({ metadata, stringData }) => [metadata.name, stringData]),
    );
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const value = (secret: string, key: string) => made.get(secret)?.[key] ?? '';

  test('are those that whoever deploys makes, with every key and nothing empty', () => {
    const expected = Object.entries<OutsideObject>(secrets)
      .filter(([, { madeBy }]) => madeBy === 'deployment')
      .map(([name, { keys }]) => [name, Object.keys(keys).sort()]);
    expect(Object.fromEntries([...made].map(([name, values]) => [name, Object.keys(values).sort()]))).toEqual(
      Object.fromEntries(expected),
    );
    expect([...made.values()].flatMap(Object.values).filter((text) => text === '')).toEqual([]);
  });

  test('are the same at the next run, and others in another folder', async () => {
    const again = await localSecrets(directory);
    expect(new Map(again.map(({ metadata, stringData }) => [metadata.name, stringData]))).toEqual(made);
    const other = mkdtempSync(join(tmpdir(), 'sightline-secrets-'));
    try {
      expect((await localSecrets(other))[0]?.stringData).not.toEqual(again[0]?.stringData);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  test('are what the service takes', () => {
    const config = readConfig({
      NODE_ENV: 'production',
      DATABASE_URL: value('todo-api-database-service', 'url'),
      JWT_KEYS: value('todo-api-jwt', 'jwt-keys.json'),
      REDIS_URL: value('redis', 'url'),
    });
    expect(config.DATABASE_URL).toMatchObject({ host: 'postgresql', user: 'todo_api', database: 'todo' });
    expect(config.DATABASE_URL?.password).toBe(value('postgresql', 'service-password'));
  });

  test('have certificates by which Filebeat and Logstash know each other', async () => {
    const certificateOf = (name: string) => ({
      ca: value(name, 'ca.crt'),
      cert: value(name, 'tls.crt'),
      key: value(name, 'tls.key'),
    });
    const server = createServer(
      { ...certificateOf('logstash-certificate'), requestCert: true, rejectUnauthorized: true },
      (socket) => socket.on('error', () => {}).end(String(socket.getPeerCertificate().subject.CN)),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const askAs = async (client: object, servername: string) => {
      const socket = connect({ host: '127.0.0.1', port, servername, ...client });
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return answer.toString();
    };
    try {
      const filebeat = certificateOf('filebeat-certificate');
      expect(await askAs(filebeat, 'logstash.todo-api.svc')).toBe('filebeat');
      await expect(askAs({ ca: filebeat.ca }, 'logstash')).rejects.toThrow();
      await expect(askAs(filebeat, 'elasticsearch')).rejects.toThrow(/altnames/);
    } finally {
      server.close();
    }
  });

  testWithRedis(
    'let the service count its rate limits in Redis with the configuration of the cluster, and nobody else in',
    async () => {
      const users = join(directory, 'users.acl');
      writeFileSync(users, value('redis', 'users.acl'), { mode: 0o600 });
      const configuration = readFileSync(join(components, 'redis/redis.conf'), 'utf8');
      const lines = configuration.replace('/run/secrets/redis/users.acl', users);
      const { username: user, password } = new URL(value('redis', 'url'));
      const redis = await startRedis({ lines, user, password });
      const api = await startApi({ REDIS_URL: redis.url });
      try {
        await eventually(() => api.logLines().some((line) => line['event.action'] === 'redis-up'));
        await fetch(`${api.url}/v1/todos`);
        const service = await createClient({ url: redis.url }).connect();
        expect(await service.dbSize()).toBeGreaterThan(0);
        await expect(service.flushAll()).rejects.toThrow(/NOPERM/);
        service.destroy();
        const { host } = new URL(redis.url);
        const stranger = createClient({ url: `redis://${host}`, socket: { reconnectStrategy: false } });
        stranger.on('error', () => {});
        await expect(stranger.connect()).rejects.toThrow(/NOAUTH/);
      } finally {
        await api.stop();
        await redis.stop();
      }
    },
  );

  testWithPsql(
    `make roles in PostgreSQL: one that migrates its database, one that serves it, one that reads statistics and no rows${hasPsql ? '' : because('psql')}`,
    async () => {
      const url = new URL(process.env['TEST_DATABASE_ADMIN_URL'] ?? '');
      const sql = join(directory, 'roles.sql');
      for (const [key, text] of Object.entries(made.get('postgresql') ?? {}))
        writeFileSync(join(directory, key), text, { mode: 0o600 });
      const source = readFileSync(join(components, 'postgresql/roles.sql'), 'utf8');
      writeFileSync(sql, source.replaceAll('/run/secrets/postgresql', directory));
      const as = async (user: string, password: string, query: string) => {
        const address = new URL(url);
        Object.assign(address, { username: user, password, pathname: '/todo' });
        const client = new pg.Client({ connectionString: address.href });
        await client.connect();
        return client.query(query).finally(() => client.end());
      };
      const admin = new pg.Client({ connectionString: url.href });
      await admin.connect();
      try {
        const env = {
          PATH: process.env['PATH'],
          PGHOST: url.hostname,
          PGPORT: url.port,
          PGUSER: url.username,
          PGPASSWORD: url.password,
          PGDATABASE: 'postgres',
        };
        // An installation of the release before has no role of the service, and gets it by the same file.
        await admin.query('create role todo login');
        await admin.query('create database todo owner todo');
        for (const _ of ['first', 'again'])
          await run('psql', ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--file', sql], { env });
        const owner = new URL(value('todo-api-database', 'url'));
        owner.host = url.host;
        const migration = startProcess('database/migrate.ts', {
          DATABASE_URL: owner.href,
          DATABASE_SERVICE_ROLE: 'todo_api',
        });
        expect(await migration.ended).toBe(0);
        const service = value('postgresql', 'service-password');
        expect((await as('todo_api', service, 'select * from todos')).rowCount).toBe(0);
        await expect(as('todo_api', service, 'drop table todos')).rejects.toThrow(/must be owner/);
        const monitor = value('postgresql', 'monitor-password');
        expect((await as('monitor', monitor, 'select * from pg_stat_activity')).rowCount).toBeGreaterThan(0);
        await expect(as('monitor', monitor, 'select * from todos')).rejects.toThrow(/permission denied/);
        await expect(as('monitor', 'guessed', 'select 1')).rejects.toThrow(/password authentication/);
      } finally {
        await admin.query('drop database if exists todo with (force)');
        await admin.query('drop role if exists todo');
        await admin.query('drop role if exists todo_api');
        await admin.query('drop role if exists monitor');
        await admin.end();
      }
    },
  );
});
