/**
 * A PostgreSQL that lives exactly as long as this process's stdin is open: when the test runner ends in any way,
 * killed included, the pipe closes, the server stops and its folder is removed. Prints one line of JSON with its URLs
 * and its log when it is ready; an error goes to stderr with exit code 1. With the argument `in-memory` its data are in
 * memory, where there is the room.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, openSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sightline/servers/free-port.ts';
import { tail } from '@sightline/servers/log-file.ts';
import {
  type DatabaseServer,
  databaseServerLaunch,
  databaseServerReady,
  databaseUrl,
  prepareDatabaseServer,
} from '@sightline/servers/postgresql.ts';
import { waitUntilReady } from '@sightline/servers/readiness.ts';
import { newPassword } from '@sightline/servers/secrets.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { makeCertificate } from '@sightline/testkit/certificate.ts';

const startDeadlineSeconds = 30;
/** Bytes: ten times what `df` showed while 150 test files ran side by side. */
const roomForDatabases = 8 * 2 ** 30;
// A benchmark may want what a commit costs where it is kept.
const isDurable = process.env['DURABLE'] === '1';

/**
 * Memory where it is asked for and there is enough: a test's database is hundreds of small files, which cost ext4 twice
 * as much system time (27 s, not 12, over 30 test files, by the server's /proc/PID/stat).
 */
function folderForDatabases(): string {
  const memory = '/dev/shm';
  if (process.argv[2] !== 'in-memory' || isDurable) return tmpdir();
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (Math.min(bavail * bsize, freemem()) >= roomForDatabases) return memory;
  } catch {
    // Only Linux has it.
  }
  return tmpdir();
}

const runnerGone = new AbortController();
process.stdin.resume();
process.stdin.once('close', () => runnerGone.abort(new Error('the test runner ended')));
onInterrupt((signal) => runnerGone.abort(new Error(signal)));

const folder = mkdtempSync(join(folderForDatabases(), 'sightline-test-'));
// As root the server runs as another user, who has to pass through.
chmodSync(folder, 0o711);
try {
  const server: DatabaseServer = {
    dataDirectory: join(folder, 'data'),
    port: await freePort(),
    superuserPassword: newPassword(),
    rolePassword: newPassword(),
    servicePassword: newPassword(),
    mayCreateDatabases: true,
    throwaway: !isDurable,
    // A test may leave a connection in the middle of its log-in, and no database can be dropped while one is there.
    settings: { max_connections: '300', authentication_timeout: '15s' },
  };
  await prepareDatabaseServer(server, runnerGone.signal);
  const certificate = makeCertificate(server.dataDirectory);
  const tls = certificate && {
    ssl: 'on',
    ssl_cert_file: certificate.certificateFile,
    ssl_key_file: certificate.keyFile,
  };
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const { command, args, env, ...options } = databaseServerLaunch({
    ...server,
    settings: { ...server.settings, ...tls },
  });
  const postgresql = spawn(command, args, {
    ...options,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  });
  const exited = once(postgresql, 'exit');
  const early = new AbortController();
  exited.then(() => early.abort(new Error(`PostgreSQL ended on its own:\n${tail(logFile, 20).text}`)));
  const stop = AbortSignal.any([runnerGone.signal, early.signal]);
  try {
    await waitUntilReady(databaseServerReady(server), startDeadlineSeconds, stop);
    // The server's own folder is closed to whoever runs the tests.
    const authorities = join(folder, 'ca.pem');
    if (certificate) copyFileSync(certificate.certificateFile, authorities);
    const told = {
      TEST_DATABASE_URL: databaseUrl(server),
      TEST_DATABASE_SERVICE_URL: databaseUrl(server, 'service'),
      TEST_DATABASE_ADMIN_URL: databaseUrl(server, 'superuser'),
      TEST_DATABASE_LOG: logFile,
      ...(certificate && { TEST_DATABASE_CA_FILE: authorities }),
    };
    process.stdout.write(`${JSON.stringify(told)}\n`);
    if (!stop.aborted) await once(stop, 'abort');
    // Nothing asked for the end of a server that died under the tests.
    if (!runnerGone.signal.aborted) throw early.signal.reason;
  } finally {
    postgresql.kill('SIGQUIT');
    await exited;
  }
} catch (error) {
  if (!runnerGone.signal.aborted) {
    console.error(error);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  process.stdin.destroy();
}
