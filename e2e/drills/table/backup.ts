/** Backups are missing, old, or can't be restored. */
import { renameSync } from 'node:fs';
import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drillResultFile } from '@sightline/backup/drill-result.ts';
import { backupsAmong, dumpFile, manifestFile, startOf } from '@sightline/backup/manifest.ts';
import { backupFolder } from '@sightline/stack/native/backup-settings.ts';
import { whyNoPostgresqlClient } from '@sightline/tools/postgresql-client.ts';
import { type Backups, backupsOf } from '../backups.ts';
import type { Drill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';

const common = { uses: ['backup-exporter'], needs: whyNoPostgresqlClient } as const;
/** Seconds: an hour, or days, of real rules are a minute here. */
const aMinute = 75;

/** Moves the destination away, as a volume that isn't mounted is. */
function takeDestinationAway({ settings }: SystemUnderTest, recovery: AsyncDisposableStack): void {
  const folder = backupFolder(settings);
  recovery.defer(() => rename(`${folder}.away`, folder));
  renameSync(folder, `${folder}.away`);
}

/** A copy of a backup's files under another name. */
async function copyAs(
  { folder }: Backups,
  id: string,
  copy: string,
  recovery: AsyncDisposableStack,
): Promise<void> {
  for (const fileOf of [manifestFile, dumpFile]) {
    recovery.defer(() => rm(join(folder, fileOf(copy)), { force: true }));
    await copyFile(join(folder, fileOf(id)), join(folder, fileOf(copy)));
  }
}

/** A program that succeeded, and no longer does. */
const staleDrill = (alert: string, program: 'backup' | 'restore-drill', fault: string): Drill => ({
  ...common,
  alert,
  fault,
  within: aMinute,
  value: [60, 400],
  async injectFault(system, recovery) {
    const backups = backupsOf(system);
    await backups.run('backup');
    await backups.run('restore-drill');
    await backups.seen();
    // Undone last: once the destination is back.
    recovery.defer(() => backups.run(program));
    takeDestinationAway(system, recovery);
    await backups.watch(alert);
    await backups.run(program, 'fails');
  },
});

export const backupDrills: readonly Drill[] = [
  {
    ...common,
    alert: 'RestoreDrillFailed',
    fault: 'The newest backup is truncated, and a restore drill refuses it',
    within: 20,
    value: [0, 0],
    quick: true,
    async injectFault(system, recovery) {
      const backups = backupsOf(system);
      await backups.run('backup');
      const [newest = ''] = backupsAmong(await backups.files());
      recovery.defer(async () => {
        await backups.run('backup');
        await backups.run('restore-drill');
      });
      await writeFile(join(backups.folder, dumpFile(newest)), 'age-encryption.org/v1\n');
      await backups.watch('RestoreDrillFailed');
      await backups.run('restore-drill', 'fails');
    },
  },
  staleDrill('BackupStale', 'backup', 'The destination is away, so backups fail'),
  {
    ...common,
    alert: 'BackupDatedAhead',
    fault: 'A backup is named by a clock that is a year ahead',
    within: 20,
    value: [1, 1],
    async injectFault(system, recovery) {
      const backups = backupsOf(system);
      await backups.run('backup');
      const [newest = ''] = backupsAmong(await backups.files());
      const ahead = `${Number(newest.slice(0, 4)) + 1}${newest.slice(4)}`;
      await copyAs(backups, newest, ahead, recovery);
      await backups.signManifest(ahead, (manifest) => ({
        ...manifest,
        id: ahead,
        startedAt: startOf(ahead).toISOString(),
        dump: { ...manifest.dump, file: dumpFile(ahead) },
      }));
      await backups.watch('BackupDatedAhead');
    },
  },
  {
    ...common,
    alert: 'BackupRefused',
    fault: 'Somebody who has no key puts a backup at the destination',
    within: 20,
    value: [1, 1],
    async injectFault(system, recovery) {
      const backups = backupsOf(system);
      await backups.run('backup');
      const [newest = ''] = backupsAmong(await backups.files());
      // Its manifest says another name, and the signature is of that.
      await copyAs(
        backups,
        newest,
        `${newest.slice(0, -4)}${newest.endsWith('0000') ? 'ffff' : '0000'}`,
        recovery,
      );
      await backups.watch('BackupRefused');
    },
  },
  {
    ...common,
    alert: 'BackupMissing',
    fault: 'All backups are gone from the destination',
    within: aMinute,
    value: [1, 1],
    async injectFault(system, recovery) {
      const backups = backupsOf(system);
      recovery.defer(() => backups.run('backup'));
      for (const file of await backups.files()) await rm(join(backups.folder, file));
      await backups.seen();
      await backups.watch('BackupMissing');
    },
  },
  staleDrill(
    'RestoreDrillStale',
    'restore-drill',
    'The destination is away, so no restore drill comes to an end',
  ),
  {
    ...common,
    alert: 'RestoreDrillMissing',
    fault: 'There are backups, and none was ever restored',
    within: aMinute,
    value: [1, 1],
    async injectFault(system, recovery) {
      const backups = backupsOf(system);
      await backups.run('backup');
      recovery.defer(() => backups.run('restore-drill'));
      await rm(join(backups.folder, drillResultFile), { force: true });
      await backups.seen();
      await backups.watch('RestoreDrillMissing');
    },
  },
];
