/** The settings that the native stack gives to the programs of backup/. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createFileOnce } from '@sightline/servers/atomic-file.ts';
import { type DatabaseServer, databaseUrl, ROLE } from '@sightline/servers/postgresql.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { postgresqlClient } from '@sightline/tools/postgresql-client.ts';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { Settings } from './settings.ts';

type Place = Pick<Settings, 'stackDirectory'>;

/** Where backups go: on the disk of the database, so they are for trying, and for mistakes. */
export const backupFolder = ({ stackDirectory }: Place) => pathsIn(stackDirectory).data('backups');

/** Makes the destination: a later backup has to find it, and takes one that is gone for a disk that isn't there. */
export const makeBackupFolder = (place: Place): void =>
  void mkdirSync(backupFolder(place), { recursive: true });

/**
 * A key pair of age: who has the recipient can encrypt, who has the identity can read. And one of Ed25519: who has the
 * signing key can make backups that are used, who has the verification keys can tell.
 */
export interface BackupKeys {
  readonly recipient: string;
  readonly identity: string;
  /** PEM. */
  readonly signingKey: string;
  /** PEM; others are added by hand when the key is rotated. */
  readonly verificationKeys: string;
  /** Where they are kept. */
  readonly files: Readonly<Record<'identity' | 'signingKey' | 'verificationKeys', string>>;
}

const newSigningKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicKeyOf = (privateKey: string) =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();

/** The key pairs kept in `directory`, generated at the first use. Throws the file system's error. */
export async function backupKeysIn(directory: string): Promise<BackupKeys> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = {
    identity: join(directory, 'backup-identity'),
    signingKey: join(directory, 'backup-signing-key'),
    verificationKeys: join(directory, 'backup-verification-keys'),
  };
  const made = await generateX25519Identity();
  const identity = createFileOnce(files.identity, () => `${made}\n`).trim();
  const signingKey = createFileOnce(files.signingKey, newSigningKey);
  const verificationKeys = createFileOnce(files.verificationKeys, () => publicKeyOf(signingKey));
  return { recipient: await identityToRecipient(identity), identity, signingKey, verificationKeys, files };
}

/** The destination of backups, and the keys that prove which are ours. */
export async function destinationEnvironment(place: Place): Promise<Record<string, string>> {
  const { files } = await backupKeysIn(pathsIn(place.stackDirectory).secrets);
  return {
    BACKUP_DESTINATION: pathToFileURL(backupFolder(place)).href,
    BACKUP_VERIFICATION_KEYS_FILE: files.verificationKeys,
  };
}

export type BackupProgram = 'backup' | 'list' | 'restore' | 'restore-drill' | 'sign';

/**
 * The connection of a program to the stack's database. A backup reads it as its owner: a database can bring a
 * superuser who reads it to run what its owner wrote. The others make a database of their own first, as the
 * superuser, and restore into it as a role that is none. Holds the password.
 */
export function databaseFor(program: BackupProgram, server: DatabaseServer): Record<string, string> {
  if (program === 'backup') return { DATABASE_URL: databaseUrl(server) };
  const url = new URL(databaseUrl(server, 'superuser'));
  url.pathname = `/${ROLE}`;
  return { DATABASE_URL: url.href };
}

/** Everything that a program is told. Fetches pg_dump when it is not there. */
export async function backupEnvironment(
  program: BackupProgram,
  settings: Settings,
  server: DatabaseServer,
): Promise<Record<string, string>> {
  const { recipient, files } = await backupKeysIn(pathsIn(settings.stackDirectory).secrets);
  return {
    ...(await destinationEnvironment(settings)),
    BACKUP_RECIPIENT: recipient,
    BACKUP_IDENTITY_FILE: files.identity,
    BACKUP_SIGNING_KEY_FILE: files.signingKey,
    ...databaseFor(program, server),
    POSTGRESQL_PROGRAMS: await postgresqlClient(),
  };
}
