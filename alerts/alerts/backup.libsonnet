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
        'time() - max(%s) > %g' % [of(m.backup_last_success_timestamp_seconds), config.age(backup.age)],
        'The last backup is old.',
        'The last backup succeeded {{ $value | humanizeDuration }} ago.',
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
        'RestoreDrillStale',
        'time() - max(%s) > %g' % [of(m.restore_drill_last_success_timestamp_seconds), config.age(drill.age)],
        'The last restore drill is old.',
        'A backup was last restored as a drill {{ $value | humanizeDuration }} ago: whether newer ones can be is not known.',
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
