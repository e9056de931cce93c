/** Backups and their restore drills. */
import { emptyLabels, type MetricSignal } from './signal.ts';

export const backupMetrics = {
  backup_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Of what moment the newest complete backup is.',
    unit: 'unix_seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_last_duration_seconds: {
    type: 'gauge',
    help: 'How long the last successful backup took.',
    unit: 'seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_last_size_bytes: {
    type: 'gauge',
    help: 'Size of the last successful backup.',
    unit: 'bytes',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_dated_ahead: {
    type: 'gauge',
    help: 'Backups, and results of restore drills, that are dated in the future, or by no time: they count as nothing.',
    unit: 'count of backups and results',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_refused: {
    type: 'gauge',
    help: 'Backups, and results of restore drills, that are not signed by a known key: nothing of them is used.',
    unit: 'count of backups and results',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  restore_drill_success: {
    type: 'gauge',
    help: 'Whether the last restore drill found the backup complete: 1, or 0.',
    unit: 'bool',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  restore_drill_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a backup was last restored, and found complete, as a drill.',
    unit: 'unix_seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  restore_drill_last_duration_seconds: {
    type: 'gauge',
    help: 'How long the last successful restore drill took.',
    unit: 'seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
} as const satisfies Record<string, MetricSignal>;
