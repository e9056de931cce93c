/** `node backup/restore.ts` restores a backup into an empty database (make restore). */
import { databaseOf, nameOf } from './database.ts';
import { run, say } from './outcome.ts';
import { restoreBackup } from './restore-backup.ts';
import { readSettings, settingsOf } from './settings.ts';
import { openStorage } from './storage/open.ts';

/** The state that an interrupted restore leaves, in a sentence. */
let left = 'Nothing was written: the database is as it was.';
const leftNow = () => left;

await run(leftNow, async (interrupted) => {
  const began = performance.now();
  const settings = readSettings(process.env, settingsOf.restore);
  const target = databaseOf(settings);
  const { id, startedAt, tables } = await restoreBackup({
    storage: openStorage(settings, interrupted),
    backup: settings.BACKUP,
    keys: settings.BACKUP_VERIFICATION_KEYS,
    identities: settings.BACKUP_IDENTITY,
    target,
    programs: settings.POSTGRESQL_PROGRAMS,
    interrupted,
    restored: (whole) => {
      left =
        `All of ${whole} is in ${nameOf(target)}, and was not compared with its manifest. ` +
        'Drop that database and restore again: a restore refuses one that is not empty.';
    },
  });
  say(
    `Restored ${id} into ${nameOf(target)} in ${((performance.now() - began) / 1000).toFixed(1)} s: ` +
      `${tables.length} tables, their rows and checksums as at ${startedAt}. What was written since is not in it.`,
  );
});
