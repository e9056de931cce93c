/** A backup into an empty database, with proof that all of it is there. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { contentsOf, differences, isEmpty } from './contents.ts';
import { type Database, nameOf, serverVersion, withConnection } from './database.ts';
import { decrypted } from './encryption.ts';
import { aheadAdvice, backupsAmong, byDate, type Manifest, manifestFile, readManifest } from './manifest.ts';
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
  /** Ends it: what was not all restored is rolled back. */
  readonly interrupted: AbortSignal;
  /** Told when all is there, and not yet compared. */
  readonly restored?: (id: string) => void;
}

/** The name of a backup that is there. One that is dated in the future is never the newest, and may be asked for. */
export async function findBackup(storage: Storage, wanted: string): Promise<string> {
  const all = backupsAmong(await storage.list());
  if (all.includes(wanted)) return wanted;
  const { dated, ahead } = byDate(all);
  const [newest] = dated;
  if (newest === undefined)
    throw new Refused(
      ahead.length === 0
        ? `There is no backup in ${storage.name}.`
        : `There is no backup in ${storage.name} but what is dated in the future: ${ahead.join(', ')}. ${aheadAdvice}`,
    );
  if (wanted === 'newest') return newest;
  throw new Refused(
    `There is no backup ${wanted} in ${storage.name}. The newest is ${newest}, beside ${all.length - 1} others.`,
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

async function checkTarget(
  { target, programs, interrupted }: RestorePlan,
  manifest: Manifest,
): Promise<void> {
  const check = async (client: pg.Client) => {
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
 * @throws Refused when the target is not empty, the backup is not what was written or is for another key, or what was
 *   restored is not what was backed up. Except in the last case the target is as it was.
 */
export async function restoreBackup(plan: RestorePlan): Promise<Manifest> {
  const { storage, identities, target, programs, interrupted } = plan;
  const id = await findBackup(storage, plan.backup);
  const manifest = readManifest(id, await readText(storage, manifestFile(id)));
  await checkTarget(plan, manifest);
  try {
    const stored = complete(storage.read(manifest.dump.file), manifest.dump);
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
