/** A backup into an empty database, with proof that all of it is there. */
import { createHash } from 'node:crypto';
import { contentsOf, differences, isEmpty } from './contents.ts';
import { type Database, nameOf, serverVersion, withConnection } from './database.ts';
import { decrypted } from './encryption.ts';
import { backupsAmong, type Manifest, manifestFile, readManifest } from './manifest.ts';
import { Refused } from './outcome.ts';
import { programVersion, restore } from './programs.ts';
import { readText, type Storage } from './storage/storage.ts';

export interface RestorePlan {
  readonly storage: Storage;
  /** The name of a backup, or `newest`. */
  readonly backup: string;
  /** Identities of age. */
  readonly identities: readonly string[];
  /** An empty database. */
  readonly target: Database;
  /** Folder of pg_restore; empty: by the PATH. */
  readonly programs: string;
}

/** The name of a backup that is there. */
export async function findBackup(storage: Storage, wanted: string): Promise<string> {
  const [newest, ...older] = backupsAmong(await storage.list());
  if (newest === undefined) throw new Refused(`There is no backup in ${storage.name}.`);
  if (wanted === 'newest' || wanted === newest) return newest;
  if (older.includes(wanted)) return wanted;
  throw new Refused(
    `There is no backup ${wanted} in ${storage.name}. The newest is ${newest}, beside ${older.length} others.`,
  );
}

/** Passes on what was stored. Throws Refused in the end, when it is not all that was. */
async function* complete(
  chunks: AsyncIterable<Uint8Array>,
  { bytes, sha256 }: Manifest['dump'],
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    length += chunk.length;
    yield chunk;
  }
  if (length !== bytes)
    throw new Refused(
      `It has ${length} bytes and was written with ${bytes}, so it is not used: it is truncated.`,
    );
  if (hash.digest('hex') !== sha256)
    throw new Refused('Its SHA-256 is not that of its manifest, so it is not used: it was changed.');
}

async function checkTarget({ target, programs }: RestorePlan, manifest: Manifest): Promise<void> {
  await withConnection(target, async (client) => {
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
  });
}

/**
 * Restores a backup.
 * @returns what its manifest says, which the restored database was compared with
 * @throws Refused when the target is not empty, the backup is not what was written or is for another key, or what was
 *   restored is not what was backed up. Except in the last case the target is as it was.
 */
export async function restoreBackup(plan: RestorePlan): Promise<Manifest> {
  const { storage, identities, target, programs } = plan;
  const id = await findBackup(storage, plan.backup);
  const manifest = readManifest(id, await readText(storage, manifestFile(id)));
  await checkTarget(plan, manifest);
  try {
    const stored = complete(storage.read(manifest.dump.file), manifest.dump);
    await restore(programs, target, decrypted(stored, identities));
  } catch (error) {
    throw error instanceof Refused ? new Refused(`${id} can't be restored. ${error.message}`) : error;
  }
  const problems = differences(manifest, await withConnection(target, contentsOf));
  if (problems.length > 0)
    throw new Refused(`${id} was restored, and is not what was backed up. ${problems.join(' ')}`);
  return manifest;
}
