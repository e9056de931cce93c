import { type AlertCase, gaugeEvery, type Phase, series } from './case.ts';

const hour = 60;
const day = 24 * hour;
/** It takes days: every ten minutes is often enough. */
const every = 10;
const gauge = (...phases: readonly Phase[]) => gaugeEvery(every, phases);

const labels = { severity: 'ticket', kind: 'cause' };
const target = { job: 'node', instance: 'node-1:9100' } as const;
const other = { ...target, instance: 'node-2:9100' } as const;

export const backupCases: readonly AlertCase[] = [
  {
    alert: 'BackupStale',
    does: 'fires when the newest backup is older than an hour, and resolves with the next one',
    series: {
      ...series('backup_last_success_timestamp_seconds', target, gauge([3 * hour, 0], [hour, 3 * 3600])),
      ...series('backup_last_success_timestamp_seconds', other, gauge([3 * hour, -7200])),
    },
    every,
    minutes: 4 * hour,
    firing: {
      from: hour + 20,
      until: 3 * hour,
      as: [
        {
          labels,
          summary: 'The last backup is old.',
          description: 'The last backup succeeded 1h 20m 0s ago.',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'BackupStale',
    does: 'stays silent with a backup an hour, of whichever place',
    series: {
      ...series(
        'backup_last_success_timestamp_seconds',
        target,
        gauge([hour, 0], [hour, 3600], [hour, 2 * 3600]),
      ),
      ...series('backup_last_success_timestamp_seconds', other, gauge([3 * hour, 0])),
    },
    every,
    minutes: 3 * hour,
    anyJob: true,
  },
  {
    alert: 'BackupMissing',
    does: 'fires when no backup has succeeded for an hour, and resolves with the first one',
    series: series('backup_last_success_timestamp_seconds', target, `_x${3 * 6} ${gauge([hour, 3 * 3600])}`),
    every,
    minutes: 4 * hour,
    firing: {
      from: hour,
      until: 3 * hour,
      as: [
        {
          labels,
          summary: 'There is no backup.',
          description:
            'No backup has reported a success (absent is 1), though there should be one every half hour.',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'BackupMissing',
    does: 'stays silent with a backup, old as it is',
    series: series('backup_last_success_timestamp_seconds', target, gauge([41 * hour, 0])),
    every,
    minutes: 40 * hour,
    anyJob: true,
  },
  {
    alert: 'BackupDatedAhead',
    does: 'fires as soon as something is dated in the future, and resolves when it is gone',
    series: {
      ...series('backup_dated_ahead', target, gauge([hour, 0], [hour, 2], [hour, 0])),
      ...series('backup_dated_ahead', other, gauge([3 * hour, 0])),
    },
    every,
    minutes: 3 * hour,
    firing: {
      from: hour,
      until: 2 * hour,
      as: [
        {
          labels,
          summary: 'Something among the backups is dated in the future.',
          description:
            '2 backups or results of restore drills are dated more than 300 s ahead, or by no time: a clock was wrong, or a name was written by hand. They count as nothing, and nobody removes them.',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'BackupDatedAhead',
    does: 'stays silent while nothing is',
    series: series('backup_dated_ahead', target, gauge([3 * hour, 0])),
    every,
    minutes: 3 * hour,
    anyJob: true,
  },
  {
    alert: 'BackupRefused',
    does: 'fires as soon as something is not ours, and resolves when it is gone',
    series: {
      ...series('backup_refused', target, gauge([hour, 0], [hour, 1], [hour, 0])),
      ...series('backup_refused', other, gauge([3 * hour, 0])),
    },
    every,
    minutes: 3 * hour,
    firing: {
      from: hour,
      until: 2 * hour,
      as: [
        {
          labels,
          summary: 'Among the backups is something that is not ours.',
          description:
            '1 backups or results of restore drills are not signed by a known key, or were changed since. Nothing of them is used, and nobody removes them.',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'BackupRefused',
    does: 'stays silent while nothing is',
    series: series('backup_refused', target, gauge([3 * hour, 0])),
    every,
    minutes: 3 * hour,
    anyJob: true,
  },
  {
    alert: 'RestoreDrillStale',
    does: 'fires when the newest restore drill is older than eight days, and resolves with the next one',
    series: {
      ...series(
        'restore_drill_last_success_timestamp_seconds',
        target,
        gauge([8 * day + 2 * hour, 0], [hour, (8 * 24 + 2) * 3600]),
      ),
      ...series('restore_drill_last_success_timestamp_seconds', other, gauge([8 * day + 2 * hour, -7200])),
    },
    every,
    minutes: 8 * day + 3 * hour,
    firing: {
      from: 8 * day + 20,
      until: 8 * day + 2 * hour,
      as: [
        {
          labels,
          summary: 'The last restore drill is old.',
          description:
            'A backup was last restored as a drill 8d 0h 20m 0s ago: whether newer ones can be is not known.',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'RestoreDrillStale',
    does: 'stays silent with a drill a week',
    series: {
      ...series(
        'restore_drill_last_success_timestamp_seconds',
        target,
        gauge([7 * day, 0], [2 * day, 7 * 86_400]),
      ),
      ...series('restore_drill_last_success_timestamp_seconds', other, gauge([9 * day, 0])),
    },
    every,
    minutes: 9 * day,
    anyJob: true,
  },
  {
    alert: 'RestoreDrillMissing',
    does: 'fires when no restore drill has succeeded for eight days, and resolves with the first one',
    series: series(
      'restore_drill_last_success_timestamp_seconds',
      target,
      `_x${(8 * 24 + 2) * 6} ${gauge([hour, 1000])}`,
    ),
    every,
    minutes: 8 * day + 3 * hour,
    firing: {
      from: 8 * day,
      until: 8 * day + 2 * hour,
      as: [
        {
          labels,
          summary: 'No backup was ever restored as a drill.',
          description:
            'No restore drill has reported a success (absent is 1): whether the backups can be restored is not known.',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'RestoreDrillMissing',
    does: 'stays silent after a drill, long ago as it was',
    series: series('restore_drill_last_success_timestamp_seconds', target, gauge([9 * day + hour, 0])),
    every,
    minutes: 9 * day,
    anyJob: true,
  },
  {
    alert: 'RestoreDrillFailed',
    does: 'fires as soon as a drill found a backup that can not be restored, and resolves with one that can',
    series: {
      ...series('restore_drill_success', target, gauge([hour, 1], [hour, 0], [hour, 1])),
      ...series('restore_drill_success', other, gauge([3 * hour, 1])),
    },
    every,
    minutes: 3 * hour,
    firing: {
      from: hour,
      until: 2 * hour,
      as: [
        {
          labels,
          summary: 'A backup could not be restored.',
          description:
            'The last restore drill found that the newest backup can not be restored, or is not what was backed up (its success is 0).',
          dashboard: 'postgresql',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'RestoreDrillFailed',
    does: 'stays silent while drills succeed, and where there was none yet',
    series: series('restore_drill_success', target, `_x6 ${gauge([2 * hour, 1])}`),
    every,
    minutes: 3 * hour,
    anyJob: true,
  },
];
