/**
 * `node backup/sign.ts` signs the backup that BACKUP names, or with BACKUP=unsigned all that bear no signature: those of
 * before backups were signed (make sign-backup).
 */
import { backupsAmong } from './manifest.ts';
import { Refused, run, say } from './outcome.ts';
import { readSettings, settingsOf, signingKeyOf } from './settings.ts';
import { isUnsigned, signBackup } from './sign-backup.ts';
import { openStorage } from './storage/open.ts';

await run('What was not said to be signed is as it was.', async (interrupted) => {
  const settings = readSettings(process.env, settingsOf.sign);
  const storage = openStorage(settings, interrupted);
  const plan = { storage, signingKey: signingKeyOf(settings), keys: settings.BACKUP_VERIFICATION_KEYS };
  const there = backupsAmong(await storage.list());
  const { BACKUP: wanted } = settings;
  if (wanted !== 'unsigned' && !there.includes(wanted))
    throw new Refused(
      `Say which one: BACKUP is "${wanted}"; it takes the name of a backup in ${storage.name}, or unsigned for all that bear no signature.`,
    );
  const problems: string[] = [];
  for (const id of there) {
    try {
      if (wanted === 'unsigned' ? !(await isUnsigned(storage, id)) : id !== wanted) continue;
      const { endedAt, dump } = await signBackup(plan, id);
      say(`Signed ${id}, complete at ${endedAt}, ${dump.bytes} bytes.`);
    } catch (error) {
      // One that is damaged keeps no other from being signed.
      if (!(error instanceof Refused)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0) throw new Refused(problems.join(' '));
});
