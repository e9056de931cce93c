import { isAhead } from '../app/src/telemetry/clock.ts';
import { createMetricsOf, type Metrics } from '../app/src/telemetry/metrics.ts';
import { readDrillResult } from './drill-result.ts';
import { backupsAmong, byDate, type Manifest, manifestFile, readManifest } from './manifest.ts';
import { Refused } from './outcome.ts';
import { readText, type Storage } from './storage/storage.ts';

const secondsOf = (time: string) => Date.parse(time) / 1000;
const durationOf = ({ startedAt, endedAt }: { startedAt: string; endedAt: string }) =>
  secondsOf(endedAt) - secondsOf(startedAt);

/** The first of some backups, the newest first, whose manifest can be read. */
async function newestManifest(storage: Storage, ids: readonly string[]): Promise<Manifest | undefined> {
  for (const id of ids) {
    try {
      return readManifest(id, await readText(storage, manifestFile(id)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return undefined;
}

/**
 * What the destination has, as metrics: of what is not there, none.
 * @throws StorageError when it can't be looked at
 */
export async function observe(storage: Storage): Promise<Metrics<'backup'>> {
  const metrics = createMetricsOf('backup', 'prometheus');
  const files = await storage.list();
  const { dated, ahead } = byDate(backupsAmong(files));
  const newest = await newestManifest(storage, dated);
  if (newest !== undefined) {
    // Of the snapshot: what was written after it is not in it, however long the rest took.
    metrics.set('backup_last_success_timestamp_seconds', {}, secondsOf(newest.startedAt));
    metrics.set('backup_last_duration_seconds', {}, durationOf(newest));
    metrics.set('backup_last_size_bytes', {}, newest.dump.bytes);
  }
  const drill = await readDrillResult(storage, files);
  if (drill !== undefined) metrics.set('restore_drill_success', {}, drill.last.ok ? 1 : 0);
  const drillIsAhead =
    drill?.lastSuccess != null && isAhead(Date.parse(drill.lastSuccess.endedAt), Date.now());
  metrics.set('backup_dated_ahead', {}, ahead.length + (drillIsAhead ? 1 : 0));
  if (drill?.lastSuccess && !drillIsAhead) {
    metrics.set('restore_drill_last_success_timestamp_seconds', {}, secondsOf(drill.lastSuccess.endedAt));
    metrics.set('restore_drill_last_duration_seconds', {}, durationOf(drill.lastSuccess));
  }
  return metrics;
}
