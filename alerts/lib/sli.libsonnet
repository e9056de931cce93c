// The formulas of an SLI. Recording rules are made of them, and so is every panel that needs the raw series, since it
// selects instances or routes, or since the rules are not there: what pages and what a graph shows are one formula.
local aggregated(by) = if by == [] then 'sum' else 'sum by (%s)' % std.join(', ', by);

{
  // Events of a side of an SLO within the window. Its selections take no series twice, so `or` puts them together.
  events(side, matchers, window, by)::
    local increase(selection) = '  increase(%s{%s}[%s])' % [side.metric, std.join(',', matchers + selection), window];
    |||-
      %s (
      %s
      )
    ||| % [aggregated(by), std.join('\n  or\n', std.map(increase, side.selections))],

  // Good events: 0 where there are events, but no good series yet. There would be no ratio of a service that fails from
  // the start.
  orNoGood(good, total, by)::
    |||-
      %s
      or%s
      %s * 0
    ||| % [good, if by == [] then '' else ' on (%s)' % std.join(', ', by), total],

  // The share of good events. Without traffic there is none, rather than one that isn't a number.
  share(good, total):: '%s / (%s > 0)' % [good, total],
  // How many times faster than the objective allows the error budget burns.
  burn(share, objective):: '(1 - %s) / (1 - %g)' % [share, objective],
  // What is left of the error budget.
  left(burn):: '1 - ' + burn,
}
