/** `node backup/backup.ts` takes a backup (make backup). Exit code 75 when another one is under way. */
import { withPatience } from './attempts.ts';
import { databaseOf, nameOf } from './database.ts';
import { AnotherRun, Refused, run, say } from './outcome.ts';
import { readSettings, settingsOf, signingKeyOf } from './settings.ts';
import { openStorage } from './storage/open.ts';
import { takeBackup } from './take-backup.ts';

await run('No backup was made, and those that are there were not touched.', async (interrupted) => {
  const settings = readSettings(process.env, settingsOf.backup);
  const database = databaseOf(settings);
  const storage = openStorage(settings, interrupted);
  const plan = {
    database,
    storage,
    recipients: settings.BACKUP_RECIPIENT,
    signingKey: signingKeyOf(settings),
    keys: settings.BACKUP_VERIFICATION_KEYS,
    retention: settings.BACKUP_PRUNED_BY === 'backup' && {
      last: settings.BACKUP_KEEP_LAST,
      daily: settings.BACKUP_KEEP_DAILY,
      weekly: settings.BACKUP_KEEP_WEEKLY,
    },
    programs: settings.POSTGRESQL_PROGRAMS,
    say,
    interrupted,
  };
  const { id, dump, tables, startedAt, endedAt } = await withPatience(() => takeBackup(plan), {
    attempts: settings.BACKUP_ATTEMPTS,
    firstPauseMs: settings.BACKUP_RETRY_MS,
    mayPass: (error) => !(error instanceof Refused) && !(error instanceof AnotherRun),
    say,
    interrupted,
  });
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  const rows = tables.reduce((sum, table) => sum + BigInt(table.rows), 0n);
  say(
    `Backed up ${nameOf(database)} as ${id} in ${storage.name}: ${rows} rows of ${tables.length} tables, ` +
      `${dump.bytes} bytes encrypted, ${seconds} s.`,
  );
});
