// Log lines on their way to Elasticsearch.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local m = causes.metrics,
  local shipper = config.selectors.shipper,
  local stalled = causes.settings('LogPipelineStalled'),
  local lagging = causes.settings('LogPipelineLagging'),
  local dead = causes.settings('LogDeadLetters'),

  prometheusAlerts+:: {
    groups+: causes.groupOf('logs', 'logs', [
      causes.alert(
        'LogPipelineStalled',
        causes.stale(causes.series(m.log_shipper_last_success_timestamp_seconds, [shipper]), config.age(stalled.age)),
        'Log lines no longer reach Elasticsearch.',
        causes.staleText(
          'What Elasticsearch took last from {{ $labels.instance }}',
          'Elasticsearch took nothing from {{ $labels.instance }} for {{ $value | humanizeDuration }}. Lines wait in their files and are not lost.',
        ),
        'log-pipeline',
      ),
      causes.alert(
        'LogPipelineLagging',
        '%s > %g' % [causes.series(m.log_shipper_lag_seconds, [shipper]), config.age(lagging.age)],
        'Log lines reach Elasticsearch late.',
        'The oldest line that {{ $labels.instance }} has not shipped is {{ $value | humanizeDuration }} old.',
        'log-pipeline',
      ),
      causes.alert(
        'LogDeadLetters',
        'increase(%s[%s]) > 0' % [causes.series(m.log_shipper_lines_total, [shipper, 'outcome="dead_lettered"']), config.window(dead.window)],
        'Elasticsearch refuses log lines.',
        'Elasticsearch refused {{ $value | humanize }} lines of {{ $labels.instance }} within %s; they are kept as dead letters.' % config.window(dead.window),
        'log-pipeline',
      ),
    ]),
  },
}
