import type { KeyObject } from 'node:crypto';
import { isAhead } from '@sightline/contract/clock.ts';
import { createMetricsOf, type Metrics } from '@sightline/telemetry/metrics.ts';
import { readCatalogue } from './catalogue.ts';
import { readDrillResult } from './drill-result.ts';
import type { Storage } from './storage/storage.ts';

const secondsOf = (time: string) => Date.parse(time) / 1000;
const durationOf = ({ startedAt, endedAt }: { startedAt: string; endedAt: string }) =>
  secondsOf(endedAt) - secondsOf(startedAt);

/** The result of a look at the destination. */
export interface Observation {
  readonly metrics: Metrics<'backup'>;
  /** Sentences about what is not signed by one of the keys, and so counts as nothing but that. */
  readonly refused: readonly string[];
}

/**
 * Observes the destination as metrics; those of missing things are left out.
 * @param keys of whom backups and results may be
 * @throws StorageError when it can't be looked at
 */
export async function observe(storage: Storage, keys: readonly KeyObject[]): Promise<Observation> {
  const metrics = createMetricsOf('backup', 'prometheus');
  const files = await storage.list();
  const { backups, ahead, refused: refusedBackups } = await readCatalogue(storage, files, keys);
  const [newest] = backups;
  if (newest !== undefined) {
    // Of the snapshot: what was written after it is not in it, however long the rest took.
    metrics.set('backup_last_success_timestamp_seconds', {}, secondsOf(newest.startedAt));
    metrics.set('backup_last_duration_seconds', {}, durationOf(newest));
    metrics.set('backup_last_size_bytes', {}, newest.dump.bytes);
  }
  const { result: drill, refused: refusedDrill } = await readDrillResult(storage, files, keys);
  if (drill !== undefined) metrics.set('restore_drill_success', {}, drill.last.ok ? 1 : 0);
  const drillIsAhead =
    drill?.lastSuccess != null && isAhead(Date.parse(drill.lastSuccess.endedAt), Date.now());
  metrics.set('backup_dated_ahead', {}, ahead.length + (drillIsAhead ? 1 : 0));
  if (drill?.lastSuccess && !drillIsAhead) {
    metrics.set('restore_drill_last_success_timestamp_seconds', {}, secondsOf(drill.lastSuccess.endedAt));
    metrics.set('restore_drill_last_duration_seconds', {}, durationOf(drill.lastSuccess));
  }
  const refused = [...refusedBackups.values(), ...(refusedDrill === undefined ? [] : [refusedDrill])];
  metrics.set('backup_refused', {}, refused.length);
  return { metrics, refused };
}
