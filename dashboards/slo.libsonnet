// How much failure the objectives still allow, and how fast it is being used up.
{
  local config = $._config,
  local dashboard = (import 'lib/dashboard.libsonnet')(config),
  local layout = import 'lib/layout.libsonnet',
  local links = (import 'lib/links.libsonnet')(config),
  local panels = import 'lib/panels.libsonnet',
  local q = import 'lib/queries.libsonnet',
  local sli = (import 'lib/sli.libsonnet')(config),
  local names = std.objectFields(config.slos),
  local budgetWindow(slo) = '%dd' % slo.windowDays,
  // Burn rates at which an alert pages or makes a ticket, from the fastest.
  local paging = [rate for rate in config.burnRates if rate.severity == 'page'],
  local slowest(rates) = std.foldl(function(min, rate) std.min(min, rate.factor), rates, rates[0].factor),
  local burnSteps = panels.redAbove(slowest(paging), slowest(config.burnRates)),
  local percent(share) = '%g %%' % (share * 100),

  local overview = layout.section('All objectives', [
    layout.row(7, [[24, panels.table(
      {
        title: 'SLO overview',
        key: 'Objectives at a glance',
        description: 'Each objective: what share of events was good in its window, what is left of its error budget, and how fast it burns now (1 uses it up exactly at the end of the window). Good is green. Red budgets are overdrawn; red burn rates page.',
        unit: 'short',
        empty: 'No history yet',
        links: [links.runbook('SLOErrorBudgetBurn')],
      },
      [
        'max by (slo) (%s)' % sli.goodShare('30d'),
        q.min(sli.left('30d'), ['slo']),
        q.max(sli.burn('1h'), ['slo']),
        q.max(sli.burn('6h'), ['slo']),
        q.max(sli.burn('3d'), ['slo']),
      ],
      [
        { from: 'slo', title: 'Objective' },
        { from: 'Value #A', title: 'Good events', unit: 'percentunit' },
        { from: 'Value #B', title: 'Error budget left', unit: 'percentunit', steps: panels.redBelow(0, config.budgetLow) },
        { from: 'Value #C', title: 'Burn rate, 1 hour', unit: 'short', steps: burnSteps },
        { from: 'Value #D', title: 'Burn rate, 6 hours', unit: 'short', steps: burnSteps },
        { from: 'Value #E', title: 'Burn rate, 3 days', unit: 'short', steps: burnSteps },
      ],
      'Burn rate, 1 hour',
    )]]),
  ]),

  local sectionOf(name) =
    local slo = config.slos[name];
    local objective = '%s of %s' % [percent(slo.objective), name];
    layout.section('%s: %s in %d days. %s' % [name, percent(slo.objective), slo.windowDays, slo.about], [
      layout.row(7, [
        [4, panels.stat({
          title: 'Error budget left: %s' % name,
          key: 'Budget left: %s' % name,
          description: '%s What is left of the error budget of %d days; 100 %% is all. Good is green. Orange: ship fixes rather than features. Red: it is overdrawn. With less history than that it is the budget of that history.' % [slo.about, slo.windowDays],
          unit: 'percentunit',
          decimals: 1,
          steps: panels.redBelow(0, config.budgetLow),
          empty: 'No history yet',
          links: [links.runbook('SLOErrorBudgetBurn')],
        }, q.min(sli.left(budgetWindow(slo), name)))],
        [7, panels.timeSeries({
          title: 'Error budget over time: %s' % name,
          description: 'How the error budget of %s went. Good is flat, or rising as old faults leave the window. A step down is an incident; a slope is something that fails all the time.' % objective,
          unit: 'percentunit',
          max: 1,
          min: null,
          steps: panels.redBelow(0, config.budgetLow),
          empty: 'No history yet',
          links: [links.runbook('SLOErrorBudgetBurn')],
        }, [panels.graph(q.min(sli.left(budgetWindow(slo), name)), 'left')])],
        [7, panels.timeSeries({
          title: 'Burn rate: %s' % name,
          description: 'How many times faster than allowed the error budget burns, over several windows. Good is below 1. Above %s it makes a ticket, above %s it pages, when the short window agrees with the long one.' % [slowest(config.burnRates), slowest(paging)],
          unit: 'short',
          decimals: 2,
          steps: burnSteps,
          empty: 'No requests of this kind yet',
          links: [links.runbook('SLOErrorBudgetBurn')],
        }, [
          panels.graph(q.max(sli.burn(window, name)), window)
          for window in ['5m', '30m', '1h', '6h', '3d']
        ])],
        [6, panels.timeSeries({
          title: 'Good and bad events: %s' % name,
          description: 'Events of the last five minutes, at each point. Good is no bad ones. When there are, the API by route says of which route, and the log lines say why.',
          unit: 'short',
          stacked: true,
          empty: 'No requests of this kind yet',
          links: [links.dashboard('API by route', 'api')],
        }, [
          panels.graph('%s - %s' % [q.sum(sli.total('5m', name)), q.sum(sli.good('5m', name))], 'bad'),
          panels.graph(q.sum(sli.good('5m', name)), 'good'),
        ])],
      ]),
    ]),

  grafanaDashboards+:: {
    'slo.json': dashboard.new(
      'slo',
      'SLO and error budget',
      'How much failure the objectives still allow, and how fast that is used up.',
      ['job'],
      [overview] + [sectionOf(name) for name in names],
    ),
  },
}
