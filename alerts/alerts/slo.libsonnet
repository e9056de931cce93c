// The symptoms: an SLO's error budget burns too fast, over a long window and still now.
local durations = import '../lib/durations.libsonnet';
local names = import '../lib/slo-names.libsonnet';

{
  local config = $._config,
  local alert = (import '../lib/alert.libsonnet')(config),

  // Last comes the guard: so few bad events say nothing, however few events there are in all.
  local expr(name, slo, rate) = |||
    %(long)s{slo="%(slo)s"} > %(factor)g
    and
    %(short)s > %(factor)g
    and
    %(total)s - %(good)s >= %(min)g
  ||| % {
    slo: name,
    factor: rate.factor,
    long: names.burn(rate.long),
    short: names.burn(rate.short),
    total: names.total(rate.long),
    good: names.good(rate.long),
    // Counts are extrapolated to the ends of the window: five events may come out as 4.99.
    min: slo.minBadEvents - 0.5,
  },
  // In the largest unit that is there once.
  local rounded(seconds) =
    local unit = std.filter(function(each) seconds >= each.seconds, [
      { seconds: 86400, name: 'days' },
      { seconds: 3600, name: 'hours' },
      { seconds: 1, name: 'seconds' },
    ])[0];
    '%g %s' % [std.round(seconds / unit.seconds * 10) / 10, unit.name],

  prometheusAlerts+:: {
    groups+: [
      {
        local slo = config.slos[name],
        name: 'sightline-slo-%s.alerts' % name,
        // The rules it reads are as young as this.
        interval: config.effective.evaluationInterval,
        rules: [
          alert(
            'SLOErrorBudgetBurn',
            expr(name, slo, rate),
            'The error budget of %s burns too fast.' % name,
            '%s Over %s its error budget burned {{ $value | humanize }} times faster than allowed (alerts above %g, objective %g %%). At %g the whole budget is gone in %s.'
            % [slo.about, rate.long, rate.factor, slo.objective * 100, rate.factor, rounded(durations.seconds(config.effective.budgetWindow(slo)) / rate.factor)],
            'slo',
            severity=rate.severity,
            kind='symptom',
            labels={ slo: name, window: rate.long },
          )
          for rate in config.effective.burnRates
        ],
      }
      for name in std.objectFields(config.slos)
      if std.member(config.parts, 'core')
    ],
  },
}
