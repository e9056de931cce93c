/** A restore drill: the newest backup into a database that is made for it, by a role that is, too, and both dropped again. */
import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { type Database, takeLock, withConnection } from './database.ts';
import { writeDrillResult } from './drill-result.ts';
import type { Manifest } from './manifest.ts';
import { AnotherRun, StorageError } from './outcome.ts';
import { reasonOf } from './reason.ts';
import { findBackup, type RestorePlan, restoreBackup } from './restore-backup.ts';

export interface DrillPlan extends RestorePlan {
  /** The key that signs its result. */
  readonly signingKey: KeyObject;
}

/** The advisory lock of drills, as a backup has its own. */
const drillLock = 7_246_518_015;

/**
 * How the names of the databases and roles begin that are made for the drills of a database. Other databases of the server
 * have drills of their own, and PostgreSQL's advisory lock is one for each database.
 */
export const scratchPrefix = (database: string): string =>
  `restore_drill_${createHash('sha256').update(database).digest('hex').slice(0, 12)}_`;

/**
 * Drops the databases and roles of drills, those that were killed among them: none is under way, since the
 * lock is ours.
 */
async function dropScratch(client: pg.Client, prefix: string): Promise<void> {
  const scratch = [
    [
      'select datname as name from pg_catalog.pg_database where starts_with(datname, $1)',
      'database',
      ' with (force)',
    ],
    ['select rolname as name from pg_catalog.pg_roles where starts_with(rolname, $1)', 'role', ''],
  ] as const;
  for (const [names, kind, how] of scratch) {
    const { rows } = await client.query<{ name: string }>(names, [prefix]);
    for (const { name } of rows) await client.query(`drop ${kind} if exists ${name}${how}`);
  }
}

/**
 * An empty database and a role that owns it, may log in there and nothing else: what is in the dump runs as it.
 * @param client of who may make databases and roles
 * @throws Error that says what it lacks
 */
async function makeScratch(client: pg.Client, server: Database): Promise<Database> {
  const name = `${scratchPrefix(server.database)}${randomBytes(8).toString('hex')}`;
  const password = randomBytes(24).toString('hex');
  try {
    await client.query(
      `create role ${name} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '${password}'`,
    );
    // Who is no superuser may give a database to a role only that it may become, and drop it again.
    await client.query(`grant ${name} to current_user with inherit true, set true`);
    await client.query(`create database ${name} template template0 owner ${name}`);
    await client.query(`revoke all on database ${name} from public`);
  } catch (error) {
    throw new Error(
      `${server.user} can't make the role and the database of a drill, for which it needs CREATEDB and CREATEROLE: ${reasonOf(error)}.`,
      { cause: error },
    );
  }
  return { ...server, database: name, user: name, password };
}

/**
 * Runs a drill, and notes at the destination what became of it.
 * @param plan whose target is a database of the server where the other is made
 * @throws Refused and others when the backup could not be restored, which is noted; AnotherRun and StorageError, which
 *   say nothing about the backup and are not
 */
export async function drillBackup(plan: DrillPlan): Promise<Manifest> {
  const prefix = scratchPrefix(plan.target.database);
  return await withConnection(plan.target, async (client) => {
    if (!(await takeLock(client, drillLock)))
      throw new AnotherRun('Another restore drill of this database is under way, so this one does nothing.');
    const startedAt = new Date().toISOString();
    const backup = await findBackup(plan);
    const note = (problem?: string) =>
      writeDrillResult(plan.storage, { backup, startedAt, endedAt: new Date().toISOString() }, problem, plan);
    await dropScratch(client, prefix);
    try {
      const target = await makeScratch(client, plan.target);
      const manifest = await restoreBackup({ ...plan, backup, target }).catch(async (error: unknown) => {
        // Neither says anything about the backup.
        if (!(error instanceof StorageError || plan.interrupted.aborted)) await note(reasonOf(error));
        throw error;
      });
      await note();
      return manifest;
    } finally {
      await dropScratch(client, prefix);
    }
  });
}
