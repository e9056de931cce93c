/** `node backup/restore-drill.ts` proves that the newest backup can be restored (make restore-drill). Exit code 75 as of a backup. */
import { withPatience } from './attempts.ts';
import { databaseOf } from './database.ts';
import { drillBackup } from './drill-backup.ts';
import { run, StorageError, say } from './outcome.ts';
import { readSettings, settingsOf, signingKeyOf } from './settings.ts';
import { openStorage } from './storage/open.ts';

await run('The drill noted no result, and dropped the database that it had made.', async (interrupted) => {
  const settings = readSettings(process.env, settingsOf['restore-drill']);
  const plan = {
    storage: openStorage(settings, interrupted),
    backup: settings.BACKUP,
    keys: settings.BACKUP_VERIFICATION_KEYS,
    signingKey: signingKeyOf(settings),
    identities: settings.BACKUP_IDENTITY,
    target: databaseOf(settings),
    programs: settings.POSTGRESQL_PROGRAMS,
    interrupted,
  };
  const began = performance.now();
  const { id, schemaVersion, tables } = await withPatience(() => drillBackup(plan), {
    attempts: settings.BACKUP_ATTEMPTS,
    firstPauseMs: settings.BACKUP_RETRY_MS,
    mayPass: (error) => error instanceof StorageError,
    say,
    interrupted,
  });
  say(
    `${id} was restored and dropped again in ${((performance.now() - began) / 1000).toFixed(1)} s: schema ` +
      `${schemaVersion}, rows and checksums of ${tables.length} tables as its manifest has them.`,
  );
});
