// Whether Prometheus gets metrics at all.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local up = causes.foreign.up,

  prometheusAlerts+:: {
    groups+: causes.groupOf('core', 'targets', [
      causes.alert(
        'TargetDown',
        '%s == 0' % causes.series(up, ['job=~"%s"' % std.join('|', config.jobs)]),
        '{{ $labels.job }} at {{ $labels.instance }} gives no metrics.',
        'Prometheus gets no metrics from {{ $labels.job }} at {{ $labels.instance }} (up is {{ $value }}).',
        'alerts',
      ),
    ] + [
      causes.alert(
        'TargetMissing',
        'absent(%s)' % causes.series(up, ['job="%s"' % job]),
        'Prometheus knows no target of {{ $labels.job }}.',
        'Prometheus finds no instance of {{ $labels.job }} at all (absent is {{ $value }}), so its other alerts are blind.',
        'alerts',
      )
      for job in config.requiredJobs
    ]),
  },
}
