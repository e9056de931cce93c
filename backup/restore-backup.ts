/** A backup into an empty database, with proof that all of it is there. */
import type { KeyObject } from 'node:crypto';
import type pg from 'pg';
import { aboutRefused, readCatalogue } from './catalogue.ts';
import { contentsOf, differences, isEmpty } from './contents.ts';
import { type Database, farReachingRoles, nameOf, serverVersion, withConnection } from './database.ts';
import { decrypted } from './encryption.ts';
import { aheadAdvice, backupsAmong, type Manifest, manifestFile, readManifest } from './manifest.ts';
import { Refused } from './outcome.ts';
import { unchanged } from './pieces.ts';
import { programVersion, restore } from './programs.ts';
import { readText, type Storage } from './storage/storage.ts';

export interface RestorePlan {
  readonly storage: Storage;
  /** The name of a backup, or `newest`. */
  readonly backup: string;
  /** Keys of those whom backups are taken from. */
  readonly keys: readonly KeyObject[];
  /** Identities of age. */
  readonly identities: readonly string[];
  /** An empty database, and who owns it: a role that is no superuser, since what is in a dump runs as it. */
  readonly target: Database;
  /** Folder of pg_restore; empty: by the PATH. */
  readonly programs: string;
  /** Ends it: what was not all restored is rolled back. */
  readonly interrupted: AbortSignal;
  /** Told when all is there, and not yet compared. */
  readonly restored?: (id: string) => void;
}

/**
 * The name of a backup that is there. The newest is the newest that is ours, and never one that is dated in the future; one
 * that is asked for by its name is yet to be verified.
 * @throws Refused when there is none
 */
export async function findBackup({
  storage,
  backup: wanted,
  keys,
}: Pick<RestorePlan, 'storage' | 'backup' | 'keys'>): Promise<string> {
  const files = await storage.list();
  if (backupsAmong(files).includes(wanted)) return wanted;
  const catalogue = await readCatalogue(storage, files, keys);
  const [newest] = catalogue.backups;
  if (newest === undefined) {
    const ahead = catalogue.ahead.map(({ id }) => id).join(', ');
    throw new Refused(
      [
        `There is no backup in ${storage.name}${ahead && ` but what is dated in the future: ${ahead}`}.`,
        ...(ahead ? [aheadAdvice] : []),
        ...aboutRefused(catalogue),
      ].join(' '),
    );
  }
  if (wanted === 'newest') return newest.id;
  throw new Refused(
    `There is no backup ${wanted} in ${storage.name}. The newest is ${newest.id}, beside ${catalogue.backups.length - 1} others.`,
  );
}

async function checkTarget(
  { target, programs, interrupted }: RestorePlan,
  manifest: Manifest,
): Promise<void> {
  const check = async (client: pg.Client) => {
    const far = await farReachingRoles(client);
    if (far.length > 0)
      throw new Refused(
        `${nameOf(target)} would be written by ${target.user}, who is, or may become, ${far.join(', ')}, and so may run programs and read files of the server. What a dump holds would run as that role: log in as the owner of the empty database, who is none of these.`,
      );
    const server = await serverVersion(client);
    if (Number.parseInt(server, 10) < Number.parseInt(manifest.server, 10))
      throw new Refused(
        `${nameOf(target)} is PostgreSQL ${server}, and the backup is of ${manifest.server}, which it can't read.`,
      );
    await programVersion(programs, 'pg_restore', manifest.server);
    if (!(await isEmpty(client)))
      throw new Refused(
        `${nameOf(target)} is not empty, and a restore overwrites nothing. Make an empty database for it: create database …`,
      );
  };
  await withConnection(target, check, interrupted);
}

/**
 * Restores a backup.
 * @returns what its manifest says, which the restored database was compared with
 * @throws Refused when the target is not empty or its role reaches beyond it, the backup is not signed by one of the keys, not what was written or for
 *   another identity, or what was restored is not what was backed up. Except in the last case the target is as it was.
 */
export async function restoreBackup(plan: RestorePlan): Promise<Manifest> {
  const { storage, identities, target, programs, interrupted } = plan;
  const id = await findBackup(plan);
  const manifest = readManifest(id, await readText(storage, manifestFile(id)), plan.keys);
  await checkTarget(plan, manifest);
  try {
    const stored = unchanged(storage.read(manifest.dump.file), manifest.dump);
    await restore(programs, target, decrypted(stored, identities), interrupted);
    plan.restored?.(id);
  } catch (error) {
    throw error instanceof Refused ? new Refused(`${id} can't be restored. ${error.message}`) : error;
  }
  const problems = differences(manifest, await withConnection(target, contentsOf, interrupted));
  if (problems.length > 0)
    throw new Refused(`${id} was restored, and is not what was backed up. ${problems.join(' ')}`);
  return manifest;
}
