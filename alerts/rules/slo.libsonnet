// Recording rules of each SLO: events and good events by window; ratios only at the end.
local durations = import '../lib/durations.libsonnet';
local sli = import '../lib/sli.libsonnet';
local names = import '../lib/slo-names.libsonnet';

{
  local config = $._config,
  local windows = config.effective,

  // Windows from short to long, each once.
  local windowsOf(slo) = std.set(
    std.flatMap(function(rate) [rate.long, rate.short], windows.burnRates) + [windows.shortestWindow, windows.budgetWindow(slo)],
    durations.seconds,
  ),

  local sumOf(side, window) = sli.events(side, [config.selectors.api], window, config.serviceLabels),
  // Each evaluation counts the events of the shortest window, so the events of a longer one are counted once for each
  // evaluation within the shortest.
  local evaluations = durations.seconds(windows.shortestWindow) / durations.seconds(windows.evaluationInterval),
  local sumOfCounts(record, slo, window) =
    'sum_over_time(%s{slo="%s"}[%s]) / %g' % [record, slo, window, evaluations],

  local ofSlo(record, slo) = '%s{slo="%s"}' % [record, slo],
  local rule(record, slo, expr) = { record: record, expr: expr, labels: { slo: slo } },
  local eventRules(name, slo, window) =
    if durations.seconds(window) > durations.seconds(windows.longestRawWindow) then [
      rule(names.total(window), name, sumOfCounts(names.total(windows.shortestWindow), name, window)),
      rule(names.good(window), name, sumOfCounts(names.good(windows.shortestWindow), name, window)),
    ] else [
      rule(names.total(window), name, sumOf(slo.total, window)),
      rule(names.good(window), name, sli.orNoGood(sumOf(slo.good, window), ofSlo(names.total(window), name), config.serviceLabels)),
    ],
  local burnRule(name, slo, window) =
    rule(names.burn(window), name, sli.burn(sli.share(ofSlo(names.good(window), name), names.total(window)), slo.objective)),

  prometheusRules+:: {
    groups+: [
      {
        local slo = config.slos[name],
        local budget = windows.budgetWindow(slo),
        name: 'sightline-slo-%s.rules' % name,
        interval: windows.evaluationInterval,
        rules:
          std.flatMap(function(window) eventRules(name, slo, window) + [burnRule(name, slo, window)], windowsOf(slo))
          + [rule(names.left(budget), name, sli.left(ofSlo(names.burn(budget), name)))],
      }
      for name in std.objectFields(config.slos)
      if std.member(config.parts, 'core')
    ],
  },
}
