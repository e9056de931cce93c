/** `node backup/list.ts` prints the backups that are there, the newest first, and the last restore drill (make backups). */
import { readDrillResult } from './drill-result.ts';
import { backupsAmong, byDate, manifestFile, readManifest } from './manifest.ts';
import { run } from './outcome.ts';
import { reasonOf } from './reason.ts';
import { readSettings, settingsOf } from './settings.ts';
import { openStorage } from './storage/open.ts';
import { readText } from './storage/storage.ts';

await run('The list is not complete.', async (interrupted) => {
  const storage = openStorage(readSettings(process.env, settingsOf.list), interrupted);
  const files = await storage.list();
  const ids = backupsAmong(files);
  console.log(`${ids.length} backups in ${storage.name}`);
  const { ahead } = byDate(ids);
  for (const id of ids) {
    const text = await readText(storage, manifestFile(id));
    try {
      const { endedAt, schemaVersion, dump } = readManifest(id, text);
      console.log(
        `${id}  complete at ${endedAt}  ${dump.bytes} bytes  schema ${schemaVersion}${ahead.includes(id) ? '  dated in the future: counts as none' : ''}`,
      );
    } catch (error) {
      console.log(`${id}  ${reasonOf(error)}`);
    }
  }
  const drill = await readDrillResult(storage, files);
  if (drill === undefined) console.log('No restore drill yet.');
  else
    console.log(
      `Restore drill of ${drill.last.backup} at ${drill.last.endedAt}: ${drill.last.problem ?? 'complete'}`,
    );
});
