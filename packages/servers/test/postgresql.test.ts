import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { query } from '@sightline/testkit/database.ts';
import { guard } from '@sightline/testkit/guard.ts';
import { freePort } from '../free-port.ts';
import {
  type DatabaseServer,
  databaseServerLaunch,
  databaseServerReady,
  databaseUrl,
  prepareDatabaseServer,
} from '../postgresql.ts';
import { identify } from '../process-identity.ts';
import { waitUntilReady } from '../readiness.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function newServer(mode = 0o711): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-postgresql-test-'));
  chmodSync(folder, mode);
  guard({ remove: folder });
  const port = await freePort();
  return {
    dataDirectory: join(folder, 'data'),
    port,
    superuserPassword: 'super',
    rolePassword: 'role',
    servicePassword: 'service',
    throwaway: true,
  };
}

async function start(server: DatabaseServer) {
  const { command, args, env, ...options } = databaseServerLaunch(server);
  const child = spawn(command, args, { ...options, env: { ...process.env, ...env }, stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity) guard({ process: identity });
  const exited = once(child, 'exit');
  ends.push(async () => {
    child.kill('SIGQUIT');
    await exited;
  });
  await waitUntilReady(databaseServerReady(server), 20, new AbortController().signal);
  return { child, exited };
}

/** The values of the rows, one after the other. */
const values = async (url: string, sql: string) => (await query(url, sql)).flatMap(Object.values);

const about = (name: string) => `SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = '${name}'`;

test('the database is UTF-8, checksummed, password-protected and on loopback only, its role no superuser', async () => {
  const server = await newServer();
  await prepareDatabaseServer(server);
  await start(server);
  expect(
    await values(
      databaseUrl(server),
      `SELECT current_user, current_database(), pg_encoding_to_char(encoding), datlocale, lower('ÄÖ'),
        current_setting('data_checksums') AS checksums, current_setting('listen_addresses')
        FROM pg_database WHERE datname = current_database()`,
    ),
  ).toEqual(['sightline', 'sightline', 'UTF8', 'C.UTF-8', 'äö', 'on', '127.0.0.1']);
  expect(await values(databaseUrl(server), about('sightline'))).toEqual([false, false]);
  await expect(values(databaseUrl({ ...server, rolePassword: 'wrong' }), 'SELECT 1')).rejects.toThrow(
    'password',
  );
});

test('preparing again keeps the data, and takes new passwords and the right to make databases', async () => {
  const server = await newServer();
  await prepareDatabaseServer(server);
  const { child, exited } = await start(server);
  await values(databaseUrl(server), 'CREATE TABLE kept AS SELECT 42 AS answer');
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  const changed = { ...server, rolePassword: 'another', mayCreateDatabases: true };
  await prepareDatabaseServer(changed);
  await start(changed);
  expect(await values(databaseUrl(changed), 'SELECT answer FROM kept')).toEqual([42]);
  expect(await values(databaseUrl(changed), about('sightline'))).toEqual([false, true]);
});

test('a folder that other users cannot enter works as well, and so does moving between the two ways', async () => {
  const server = await newServer(0o700);
  for (const mode of [0o700, 0o711, 0o700]) {
    chmodSync(join(server.dataDirectory, '..'), mode);
    await prepareDatabaseServer(server);
    const { child, exited } = await start(server);
    expect(await values(databaseUrl(server), 'SELECT 1')).toEqual([1]);
    child.kill('SIGINT');
    await exited;
  }
});

test('a server that was killed starts again, even when its old id belongs to another process', async () => {
  const server = await newServer();
  await prepareDatabaseServer(server);
  const { child, exited } = await start(server);
  child.kill('SIGKILL');
  await exited;
  const file = join(server.dataDirectory, 'postmaster.pid');
  // A sleeper of the user that the server runs as: to PostgreSQL that looks like a living postmaster.
  const { uid, gid } = databaseServerLaunch(server);
  const other = spawn('sleep', ['60'], { ...(uid && gid ? { uid, gid } : {}) });
  ends.push(() => other.kill('SIGKILL'));
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(other.pid)));
  await prepareDatabaseServer(server);
  await start(server);
  expect(await values(databaseUrl(server), 'SELECT 1')).toEqual([1]);
});

test('an interrupted first preparation leaves no half database, and the next one succeeds', async () => {
  const server = await newServer();
  for (const milliseconds of [20, 100, 250, 500]) {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(new Error('Interrupted.')), milliseconds);
    await prepareDatabaseServer(server, interrupt.signal).catch(() => {});
    if (!existsSync(server.dataDirectory)) expect(readdirSync(join(server.dataDirectory, '..'))).toEqual([]);
  }
  await prepareDatabaseServer(server);
  await start(server);
  expect(await values(databaseUrl(server), 'SELECT 1')).toEqual([1]);
});

test('data of another version is refused with what to do', async () => {
  const server = await newServer();
  mkdirSync(server.dataDirectory);
  writeFileSync(join(server.dataDirectory, 'PG_VERSION'), '15\n');
  await expect(prepareDatabaseServer(server)).rejects.toThrow(
    /holds data of PostgreSQL 15, this is PostgreSQL 18.*make clean/,
  );
});

test('no password is in an argument', async () => {
  const server = {
    ...(await newServer()),
    superuserPassword: 'very-secret-1',
    rolePassword: 'very-secret-2',
    servicePassword: 'very-secret-3',
  };
  const seen = new Set<string>();
  const look = setInterval(
    () => seen.add(spawnSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).stdout),
    25,
  );
  await prepareDatabaseServer(server);
  clearInterval(look);
  expect(JSON.stringify([...seen, databaseServerLaunch(server)])).not.toContain('very-secret');
});
