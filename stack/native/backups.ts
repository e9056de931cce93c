/**
 * `node stack/native/backups.ts backup|list|restore|restore-drill|sign` runs a program of backup/ for the stack in STACK_DIR, or
 * for whatever the environment says (backup/README.md).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { databaseUrl, ROLE } from '@sightline/servers/postgresql.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import pg from 'pg';
import { type BackupProgram, backupEnvironment, databaseFor, makeBackupFolder } from './backup-settings.ts';
import { databaseServer, table } from './components.ts';
import { readSettings, type Settings } from './settings.ts';
import { readState } from './state.ts';

const programs: readonly BackupProgram[] = ['backup', 'list', 'restore', 'restore-drill', 'sign'];

/** An empty database for a restore, made on the stack's own server unless it is there. */
async function makeTarget(settings: Settings, name: string): Promise<Record<string, string>> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    throw new Error(
      `TARGET is "${name}"; it takes the name of a database: lower-case letters, digits and _.`,
    );
  const server = databaseServer(settings);
  const client = new pg.Client({ connectionString: databaseFor('restore', server)['DATABASE_URL'] });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${name} template template0 owner ${ROLE}`);
  } finally {
    await client.end();
  }
  // As its owner, who the service logs in as: what is restored is its own.
  const url = new URL(databaseUrl(server));
  url.pathname = `/${name}`;
  return { DATABASE_URL: url.href };
}

/** The variables that the environment leaves open. */
async function environmentOf(program: BackupProgram): Promise<Record<string, string>> {
  const { BACKUP_DESTINATION: destination, DATABASE_URL: url, DATABASE_URL_FILE: file } = process.env;
  if (destination) return {};
  if (program === 'backup' && (url || file))
    throw new Error('DATABASE_URL is set; say where its backups go, too: BACKUP_DESTINATION=file:///folder');
  const given = readSettings(table.components, process.env);
  const ports = readState(given.stackDirectory)?.ports;
  const settings = ports ? { ...given, ports } : given;
  if (program === 'backup') makeBackupFolder(settings);
  const environment = await backupEnvironment(program, settings, databaseServer(settings));
  if (program !== 'restore' || url || file) return environment;
  const { TARGET: target = '' } = process.env;
  if (target === '')
    throw new Error(
      'Say into which database: make restore TARGET=restored (of this stack, made if it is not there), or ' +
        'DATABASE_URL_FILE=the path of a file with the URL of an empty one.',
    );
  return { ...environment, ...(await makeTarget(settings, target)) };
}

try {
  const [word = ''] = process.argv.slice(2);
  const program = programs.find((one) => one === word);
  if (program === undefined) throw new Error(`Got "${word}"; it takes one of ${programs.join(', ')}.`);
  const child = spawn(process.execPath, [join(checkout, 'backup', `${program}.ts`)], {
    env: { ...(await environmentOf(program)), ...process.env },
    stdio: 'inherit',
  });
  onInterrupt((signal) => child.kill(signal));
  const [code] = (await once(child, 'close')) as [number | null];
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(error instanceof Error ? error.message || error : error);
  process.exitCode = 1;
}
