// The machines.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local foreign = causes.foreign,
  local disk = causes.settings('DiskFilling'),
  local filesystems = causes.series(foreign.node_filesystem_avail_bytes, [config.selectors.node, config.selectors.disks]),
  // What it is divided by and compared with is matched by its labels, so only the first is selected.
  local free(share) = '%(free)s / %(size)s < %(share)g' % {
    free: filesystems,
    size: causes.series(foreign.node_filesystem_size_bytes),
    share: share,
  },
  local forecast = 'predict_linear(%s[%s], %d)' % [
    causes.series(foreign.node_filesystem_avail_bytes),
    config.window(disk.trend),
    config.age(disk.soon),
  ],
  local filling(expr, when, description) =
    causes.alert(
      'DiskFilling',
      expr,
      'The disk at {{ $labels.mountpoint }} of {{ $labels.instance }} fills up.',
      description,
      'golden-signals',
      labels={ when: when },
    ),

  prometheusAlerts+:: {
    groups+: causes.groupOf('node', 'node', [
      filling(
        free(disk.share),
        'now',
        'Only {{ $value | humanizePercentage }} of {{ $labels.mountpoint }} on {{ $labels.instance }} is free.',
      ),
      filling(
        '%s\nand\n%s < 0' % [free(disk.soonShare), forecast],
        'soon',
        '{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} on {{ $labels.instance }} is free, and nothing in %s at the pace of the last %s.'
        % [disk.soon, config.window(disk.trend)],
      ),
    ]),
  },
}
