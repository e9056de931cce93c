// What the alerts of causes are written with: `causes(config).quantile(…)`. In an expression only the first series is
// selected by its job: those that it is divided by or compared with are matched by its labels.
local series = import 'series.libsonnet';
local signals = import 'signals.libsonnet';

function(config) {
  metrics: signals.metrics,
  foreign: signals.foreignMetrics,
  clockToleranceSeconds: signals.clockToleranceSeconds,
  series: series,
  alert: (import 'alert.libsonnet')(config),
  settings(name):: config.alerts[name],

  // An age: of a time that is longer ago than so many seconds, or lies in the future. That one would keep an alert that
  // looks at age alone silent until its time has come, which may be years. Within the tolerance two clocks may differ.
  stale(time, seconds)::
    |||-
      time() - %(time)s > %(seconds)g
      or
      time() - %(time)s < -%(tolerance)g
    ||| % { time: time, seconds: seconds, tolerance: signals.clockToleranceSeconds },

  // What an alert on such an age says: of what is dated in the future, and else.
  staleText(subject, text)::
    '{{ if lt $value 0.0 }}%s is dated in the future (its age is {{ $value | humanizeDuration }}): a clock is wrong, so it does not count.{{ else }}%s{{ end }}'
    % [subject, text],

  // The quantile of a histogram: of each of its series, or summed by labels.
  quantile(settings, metric, matchers, by=[])::
    local rate = 'rate(%s[%s])' % [series(metric, matchers, '_bucket'), config.window(settings.window)];
    local buckets = if by == [] then rate else 'sum by (%s) (%s)' % [std.join(', ', by + ['le']), rate];
    'histogram_quantile(%g, %s)' % [settings.quantile, buckets],

  // Events a second, by the labels.
  rate(settings, metric, matchers, by)::
    'sum by (%s) (rate(%s[%s]))' % [std.join(', ', by), series(metric, matchers), config.window(settings.window)],

  // The group of the alerts about a subject, when their part is deployed.
  groupOf(part, subject, rules)::
    if std.member(config.parts, part) then [{ name: 'sightline-%s' % subject, rules: rules }] else [],
}
