/** A restore drill: the newest backup into a database that is made for it and dropped again. */
import { type KeyObject, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { takeLock, withConnection } from './database.ts';
import { writeDrillResult } from './drill-result.ts';
import type { Manifest } from './manifest.ts';
import { AnotherRun, StorageError } from './outcome.ts';
import { reasonOf } from './reason.ts';
import { findBackup, type RestorePlan, restoreBackup } from './restore-backup.ts';

export interface DrillPlan extends RestorePlan {
  /** What its result is signed by. */
  readonly signingKey: KeyObject;
}

/** As that of a backup, for drills. */
const drillLock = 7_246_518_015;
const prefix = 'restore_drill_';

/** Databases of drills that were killed: none is under way, since the lock is ours. */
async function dropScratch(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    'select datname from pg_catalog.pg_database where starts_with(datname, $1)',
    [prefix],
  );
  for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
}

/**
 * Runs a drill, and notes at the destination what became of it.
 * @param plan whose target is a database of the server where the other is made
 * @throws Refused and others when the backup could not be restored, which is noted; AnotherRun and StorageError, which
 *   say nothing about the backup and are not
 */
export async function drillBackup(plan: DrillPlan): Promise<Manifest> {
  return await withConnection(plan.target, async (client) => {
    if (!(await takeLock(client, drillLock)))
      throw new AnotherRun('Another restore drill is under way on this server, so this one does nothing.');
    const startedAt = new Date().toISOString();
    const backup = await findBackup(plan);
    const note = (problem?: string) =>
      writeDrillResult(plan.storage, { backup, startedAt, endedAt: new Date().toISOString() }, problem, plan);
    await dropScratch(client);
    const database = `${prefix}${randomBytes(8).toString('hex')}`;
    await client.query(`create database ${database} template template0`);
    try {
      const manifest = await restoreBackup({ ...plan, backup, target: { ...plan.target, database } });
      await note();
      return manifest;
    } catch (error) {
      // Neither says anything about the backup.
      if (!(error instanceof StorageError || plan.interrupted.aborted)) await note(reasonOf(error));
      throw error;
    } finally {
      await dropScratch(client);
    }
  });
}
