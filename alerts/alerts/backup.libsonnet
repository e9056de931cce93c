// Backups, and whether they can be restored.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local m = causes.metrics,
  local backup = causes.settings('BackupStale'),
  local drill = causes.settings('RestoreDrillStale'),
  local of(metric) = causes.series(metric, [config.selectors.backup]),

  prometheusAlerts+:: {
    groups+: causes.groupOf('backup', 'backup', [
      causes.alert(
        'BackupStale',
        causes.stale('max(%s)' % of(m.backup_last_success_timestamp_seconds), config.age(backup.age)),
        'The last backup is old.',
        causes.staleText('The last backup', 'The last backup succeeded {{ $value | humanizeDuration }} ago.'),
        'postgresql',
      ),
      causes.alert(
        'BackupMissing',
        'absent(%s)' % of(m.backup_last_success_timestamp_seconds),
        'There is no backup.',
        'No backup has reported a success (absent is {{ $value }}), though there should be one every half hour.',
        'postgresql',
      ),
      causes.alert(
        'BackupDatedAhead',
        'max(%s) > 0' % of(m.backup_dated_ahead),
        'Something among the backups is dated in the future.',
        '{{ $value | humanize }} backups or results of restore drills are dated more than %g s ahead, or by no time: a clock was wrong, or a name was written by hand. They count as nothing, and nobody removes them.' % causes.clockToleranceSeconds,
        'postgresql',
      ),
      causes.alert(
        'BackupRefused',
        'max(%s) > 0' % of(m.backup_refused),
        'Among the backups is something that is not ours.',
        '{{ $value | humanize }} backups or results of restore drills are not signed by a known key, or were changed since. Nothing of them is used, and nobody removes them.',
        'postgresql',
      ),
      causes.alert(
        'RestoreDrillStale',
        causes.stale('max(%s)' % of(m.restore_drill_last_success_timestamp_seconds), config.age(drill.age)),
        'The last restore drill is old.',
        causes.staleText(
          'The last restore drill',
          'A backup was last restored as a drill {{ $value | humanizeDuration }} ago: whether newer ones can be is not known.',
        ),
        'postgresql',
      ),
      causes.alert(
        'RestoreDrillMissing',
        'absent(%s)' % of(m.restore_drill_last_success_timestamp_seconds),
        'No backup was ever restored as a drill.',
        'No restore drill has reported a success (absent is {{ $value }}): whether the backups can be restored is not known.',
        'postgresql',
      ),
      causes.alert(
        'RestoreDrillFailed',
        'min(%s) == 0' % of(m.restore_drill_success),
        'A backup could not be restored.',
        'The last restore drill found that the newest backup can not be restored, or is not what was backed up (its success is {{ $value }}).',
        'postgresql',
      ),
    ]),
  },
}
