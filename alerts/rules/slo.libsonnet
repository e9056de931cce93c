// Recording rules of each SLO: events and good events by window; ratios only at the end.
local durations = import '../lib/durations.libsonnet';
local names = import '../lib/slo-names.libsonnet';

{
  local config = $._config,
  local windows = config.effective,

  // Windows from short to long, each once.
  local windowsOf(slo) = std.set(
    std.flatMap(function(rate) [rate.long, rate.short], windows.burnRates) + [windows.shortestWindow, windows.budgetWindow(slo)],
    durations.seconds,
  ),

  // The selections of a side take no series twice, so `or` puts them together.
  local counted(side, window) =
    std.join('\n  or\n', ['  increase(%s{%s}[%s])' % [side.metric, std.join(',', [config.selectors.api] + selection), window] for selection in side.selections]),
  local sumOf(side, window) =
    'sum by (%s) (\n%s\n)' % [std.join(', ', config.serviceLabels), counted(side, window)],
  // Each evaluation counts the events of the shortest window, so the events of a longer one are counted once for each
  // evaluation within the shortest.
  local evaluations = durations.seconds(windows.shortestWindow) / durations.seconds(windows.evaluationInterval),
  local sumOfCounts(record, slo, window) =
    'sum_over_time(%s{slo="%s"}[%s]) / %g' % [record, slo, window, evaluations],

  local rule(record, slo, expr) = { record: record, expr: expr, labels: { slo: slo } },
  local eventRules(name, slo, window) =
    if durations.seconds(window) > durations.seconds(windows.longestRawWindow) then [
      rule(names.total(window), name, sumOfCounts(names.total(windows.shortestWindow), name, window)),
      rule(names.good(window), name, sumOfCounts(names.good(windows.shortestWindow), name, window)),
    ] else [
      rule(names.total(window), name, sumOf(slo.total, window)),
      // A service that has answered nothing well yet has no good series: they count 0, or there would be no ratio.
      rule(names.good(window), name, '%s\nor on (%s)\n%s{slo="%s"} * 0' % [sumOf(slo.good, window), std.join(', ', config.serviceLabels), names.total(window), name]),
    ],
  // Without traffic there is no ratio, rather than one that isn't a number.
  local burnRule(name, slo, window) =
    rule(names.burn(window), name, '(1 - %s{slo="%s"} / (%s > 0)) / (1 - %g)' % [names.good(window), name, names.total(window), slo.objective]),

  prometheusRules+:: {
    groups+: [
      {
        local slo = config.slos[name],
        local budget = windows.budgetWindow(slo),
        name: 'sightline-slo-%s.rules' % name,
        interval: windows.evaluationInterval,
        rules:
          std.flatMap(function(window) eventRules(name, slo, window) + [burnRule(name, slo, window)], windowsOf(slo))
          + [rule(names.left(budget), name, '1 - %s{slo="%s"}' % [names.burn(budget), name])],
      }
      for name in std.objectFields(config.slos)
      if std.member(config.parts, 'core')
    ],
  },
}
