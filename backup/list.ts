/** `node backup/list.ts` prints the backups that are there, the newest first, and the last restore drill (make backups). */
import { readCatalogue, refusedAdvice } from './catalogue.ts';
import { readDrillResult } from './drill-result.ts';
import type { Manifest } from './manifest.ts';
import { run } from './outcome.ts';
import { readSettings, settingsOf } from './settings.ts';
import { openStorage } from './storage/open.ts';

const lineOf = ({ id, endedAt, schemaVersion, dump }: Manifest, more = '') =>
  [id, `${id}  complete at ${endedAt}  ${dump.bytes} bytes  schema ${schemaVersion}${more}`] as const;

await run('The list is not complete.', async (interrupted) => {
  const settings = readSettings(process.env, settingsOf.list);
  const storage = openStorage(settings, interrupted);
  const files = await storage.list();
  const keys = settings.BACKUP_VERIFICATION_KEYS;
  const { backups, ahead, refused } = await readCatalogue(storage, files, keys);
  console.log(`${backups.length} backups in ${storage.name}`);
  const lines = new Map([
    ...backups.map((manifest) => lineOf(manifest)),
    ...ahead.map((manifest) => lineOf(manifest, '  dated in the future: counts as none')),
    ...[...refused].map(([id, reason]) => [id, `${id}  refused: ${reason}`] as const),
  ]);
  for (const id of [...lines.keys()].sort().reverse()) console.log(lines.get(id));
  if (refused.size > 0) console.log(`Refused: ${refused.size}. ${refusedAdvice}`);
  const { result: drill, refused: refusedDrill } = await readDrillResult(storage, files, keys);
  console.log(
    drill === undefined
      ? (refusedDrill ?? 'No restore drill yet.')
      : `Restore drill of ${drill.last.backup} at ${drill.last.endedAt}: ${drill.last.problem ?? 'complete'}`,
  );
});
