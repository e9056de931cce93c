// The machines.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local foreign = causes.foreign,
  local disk = causes.settings('DiskFilling'),
  local of(metric) = causes.series(metric, [config.selectors.node, config.selectors.disks]),

  prometheusAlerts+:: {
    groups+: causes.groupOf('node', 'node', [
      causes.alert(
        'DiskFilling',
        |||
          %(free)s / %(size)s < %(share)g
          or
          (%(free)s / %(size)s < %(soonShare)g and predict_linear(%(free)s[%(trend)s], %(horizon)d) < 0)
        ||| % disk {
          free: of(foreign.node_filesystem_avail_bytes),
          size: of(foreign.node_filesystem_size_bytes),
          trend: config.window(disk.trend),
          horizon: config.age(disk.soon),
        },
        'The disk at {{ $labels.mountpoint }} of {{ $labels.instance }} fills up.',
        '{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} on {{ $labels.instance }} is free, or it is full within %s at its pace of the last %s.'
        % [disk.soon, config.window(disk.trend)],
        'golden-signals',
      ),
    ]),
  },
}
