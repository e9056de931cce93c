/** What the programs of backup/ are told on the native stack. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { postgresqlClient } from '../../tools/postgresql-client.ts';
import { createFileOnce } from './atomic-file.ts';
import { type DatabaseServer, databaseUrl, ROLE } from './postgresql.ts';
import type { Settings } from './settings.ts';
import { pathsIn } from './stack-directory.ts';

/** Where backups go: on the disk of the database, so they are for trying, and for mistakes. */
export const backupFolder = ({ stackDirectory }: Pick<Settings, 'stackDirectory'>) =>
  pathsIn(stackDirectory).data('backups');
const identityFile = ({ stackDirectory }: Settings) =>
  join(pathsIn(stackDirectory).secrets, 'backup-identity');

/** Makes the destination: a later backup has to find it, and takes one that is gone for a disk that isn't there. */
export const makeBackupFolder = (settings: Pick<Settings, 'stackDirectory'>): void =>
  void mkdirSync(backupFolder(settings), { recursive: true });

export function backupDestination(settings: Pick<Settings, 'stackDirectory'>): Record<string, string> {
  return { BACKUP_DESTINATION: pathToFileURL(backupFolder(settings)).href };
}

/** Generates the key pair at the first use. Throws the file system's error. */
export async function backupKeys(settings: Settings): Promise<Record<string, string>> {
  const { secrets } = pathsIn(settings.stackDirectory);
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const made = await generateX25519Identity();
  const identity = createFileOnce(identityFile(settings), () => `${made}\n`).trim();
  return {
    BACKUP_RECIPIENT: await identityToRecipient(identity),
    BACKUP_IDENTITY_FILE: identityFile(settings),
  };
}

/** As the superuser, who may make the database of a restore drill. Holds the password. */
export function databaseForBackups(server: DatabaseServer): Record<string, string> {
  const url = new URL(databaseUrl(server, 'superuser'));
  url.pathname = `/${ROLE}`;
  return { DATABASE_URL: url.href };
}

/** Everything that they are told. Fetches pg_dump when it is not there. */
export async function backupEnvironment(
  settings: Settings,
  server: DatabaseServer,
): Promise<Record<string, string>> {
  return {
    ...backupDestination(settings),
    ...(await backupKeys(settings)),
    ...databaseForBackups(server),
    POSTGRESQL_PROGRAMS: await postgresqlClient(),
  };
}
