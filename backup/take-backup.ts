/** One backup: dumped, encrypted, stored, described; and then those removed that need not be kept. */
import { type KeyObject, randomBytes } from 'node:crypto';
import { isAhead } from '@sightline/contract/clock.ts';
import type pg from 'pg';
import { aboutRefused, readCatalogue } from './catalogue.ts';
import { contentsOf } from './contents.ts';
import { type Database, serverVersion, takeLock, withConnection } from './database.ts';
import { readDrillResult } from './drill-result.ts';
import { encrypted } from './encryption.ts';
import { aheadAdvice, dumpFile, type Manifest, manifestFile, manifestText, startOf } from './manifest.ts';
import { AnotherRun, type Say } from './outcome.ts';
import { measured } from './pieces.ts';
import { dump, programVersion } from './programs.ts';
import { reasonOf } from './reason.ts';
import { type Retention, superfluous } from './retention.ts';
import { type Storage, writeText } from './storage/storage.ts';

/** Any number, the same in each process: whoever holds this advisory lock of the database backs it up. */
const backupLock = 7_246_518_014;

/** A dump without a manifest that is so old is a killed run's. */
const unfinishedMs = 24 * 60 * 60_000;

export interface BackupPlan {
  readonly database: Database;
  readonly storage: Storage;
  /** Recipients of age. */
  readonly recipients: readonly string[];
  /** The key that signs the manifest. */
  readonly signingKey: KeyObject;
  /** Whose backups count when it is decided which may go. */
  readonly keys: readonly KeyObject[];
  /** False when nothing is removed here. */
  readonly retention: Retention | false;
  /** Folder of pg_dump; empty: by the PATH. */
  readonly programs: string;
  readonly say: Say;
  /** Ends it; nothing of it is left then. */
  readonly interrupted: AbortSignal;
}

/** `20261121T192729123Z-4f1c`: sorted by name is sorted by time. */
const newId = (at: Date) => `${at.toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(2).toString('hex')}`;

/** The snapshot of the connection's transaction, and of what moment it is by the clock that the rows are dated by. */
async function exportSnapshot(client: pg.Client, say: Say): Promise<{ snapshot: string; startedAt: Date }> {
  const { rows } = await client.query<{ snapshot: string; startedAt: Date }>(
    'select pg_export_snapshot() as snapshot, clock_timestamp() as "startedAt"',
  );
  const { snapshot = '', startedAt = new Date() } = rows[0] ?? {};
  const [databaseMs, hereMs] = [startedAt.getTime(), Date.now()];
  if (isAhead(databaseMs, hereMs) || isAhead(hereMs, databaseMs))
    say(
      `This machine's clock says ${new Date(hereMs).toISOString()}, and the database's ${startedAt.toISOString()}: ` +
        'one is wrong. The backup is named by the database, as its rows are.',
    );
  return { snapshot, startedAt };
}

async function store(
  client: pg.Client,
  { database, storage, recipients, signingKey, programs, say, interrupted }: BackupPlan,
): Promise<Manifest> {
  const server = await serverVersion(client);
  const version = await programVersion(programs, 'pg_dump', server);
  await client.query('begin isolation level repeatable read read only');
  const { snapshot, startedAt } = await exportSnapshot(client, say);
  const began = performance.now();
  const id = newId(startedAt);
  const over = new AbortController();
  const dumped = dump(programs, database, snapshot, AbortSignal.any([over.signal, interrupted]));
  const { chunks, measure } = measured(encrypted(dumped, recipients));
  const file = dumpFile(id);
  let written = Promise.resolve();
  try {
    // In the same snapshot, and while pg_dump reads the rows they need not come from the disk twice.
    written = storage.write(file, chunks);
    const [contents] = await Promise.all([contentsOf(client), written]);
    await client.query('commit');
    const manifest: Manifest = {
      format: 2,
      id,
      startedAt: startedAt.toISOString(),
      endedAt: new Date(startedAt.getTime() + performance.now() - began).toISOString(),
      server,
      ...contents,
      dump: { file, ...measure() },
      tools: { pg_dump: version, node: process.versions.node },
    };
    await writeText(storage, manifestFile(id), manifestText(manifest, signingKey));
    return manifest;
  } catch (error) {
    // Whichever failed, nothing may be written any more: what comes after it was removed would stay.
    over.abort();
    await written.catch(() => {});
    // The manifest may be there although nobody heard so; a dump without one is no backup.
    await Promise.all([storage.remove(manifestFile(id)), storage.remove(file)]).catch((problem: unknown) =>
      say(`What there is of ${id} could not be removed: ${reasonOf(problem)}`),
    );
    throw error;
  }
}

/**
 * Removes what need not be kept; the manifest first, since without it the rest is no backup.
 * @param made what was just backed up, whose time is now
 */
async function prune(
  { storage, keys, say, interrupted }: BackupPlan,
  retention: Retention,
  made: Manifest,
): Promise<void> {
  const files = await storage.list();
  const now = Date.parse(made.startedAt);
  const { result: drill } = await readDrillResult(storage, files, keys);
  const catalogue = await readCatalogue(storage, files, keys, now);
  if (catalogue.ahead.length > 0)
    say(
      `Dated in the future, so neither counted nor removed: ${catalogue.ahead.map(({ id }) => id).join(', ')}. ${aheadAdvice}`,
    );
  if (catalogue.refused.size > 0) say(`Neither counted nor removed: ${aboutRefused(catalogue).join(' ')}`);
  const backups = catalogue.backups.map(({ id }) => id);
  const gone = superfluous(backups, retention, [made.id, drill?.lastSuccess?.backup ?? undefined]);
  for (const id of gone) {
    interrupted.throwIfAborted();
    await storage.remove(manifestFile(id));
    await storage.remove(dumpFile(id));
  }
  const manifests = new Set(files.filter((file) => file.endsWith('.json')));
  const unfinished = files
    .flatMap((file) => /^(.+)\.dump\.age$/.exec(file)?.[1] ?? [])
    .filter((id) => !manifests.has(manifestFile(id)))
    .filter((id) => now - startOf(id).getTime() > unfinishedMs);
  for (const id of unfinished) await storage.remove(dumpFile(id));
  if (gone.length > 0) say(`Removed ${gone.length} that need not be kept: ${gone.join(', ')}.`);
}

/**
 * Takes a backup.
 * @throws AnotherRun when one is under way; StorageError and others when this one came to nothing, and then whatever was
 *   there before is still there
 */
export async function takeBackup(plan: BackupPlan): Promise<Manifest> {
  const work = async (client: pg.Client) => {
    if (!(await takeLock(client, backupLock)))
      throw new AnotherRun('Another backup of this database is under way, so this one does nothing.');
    const manifest = await store(client, plan);
    // The backup is made: that an old one can't be removed doesn't change that.
    if (plan.retention !== false)
      await prune(plan, plan.retention, manifest).catch((error: unknown) =>
        plan.say(`What need not be kept could not be removed: ${reasonOf(error)}`),
      );
    return manifest;
  };
  return await withConnection(plan.database, work, plan.interrupted);
}
