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

type Place = Pick<Settings, 'stackDirectory'>;

/** Where backups go: on the disk of the database, so they are for trying, and for mistakes. */
export const backupFolder = ({ stackDirectory }: Place) => pathsIn(stackDirectory).data('backups');

/** Makes the destination: a later backup has to find it, and takes one that is gone for a disk that isn't there. */
export const makeBackupFolder = (place: Place): void =>
  void mkdirSync(backupFolder(place), { recursive: true });

export const backupDestination = (place: Place): Record<string, string> => ({
  BACKUP_DESTINATION: pathToFileURL(backupFolder(place)).href,
});

/** A key pair of age: who has the recipient can encrypt, who has the identity can read. */
export interface BackupKeys {
  readonly recipient: string;
  readonly identity: string;
  /** Where the identity is kept. */
  readonly identityFile: string;
}

/** The key pair kept in `directory`, generated at the first use. Throws the file system's error. */
export async function backupKeysIn(directory: string): Promise<BackupKeys> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const identityFile = join(directory, 'backup-identity');
  const made = await generateX25519Identity();
  const identity = createFileOnce(identityFile, () => `${made}\n`).trim();
  return { recipient: await identityToRecipient(identity), identity, identityFile };
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
  const { recipient, identityFile } = await backupKeysIn(pathsIn(settings.stackDirectory).secrets);
  return {
    ...backupDestination(settings),
    BACKUP_RECIPIENT: recipient,
    BACKUP_IDENTITY_FILE: identityFile,
    ...databaseForBackups(server),
    POSTGRESQL_PROGRAMS: await postgresqlClient(),
  };
}
