// An alert with what every alert has. `dashboard` is the uid of the dashboard to look at first; `name` is also the
// name of its runbook; how long the condition has to hold is in `config.alerts`, or nothing.
function(config)
  function(name, expr, summary, description, dashboard, severity='ticket', kind='cause', labels={})
    local settings = std.get(config.alerts, name, {});
    {
      alert: name,
      expr: std.stripChars(expr, '\n'),
      [if std.objectHas(settings, 'lasting') then 'for']: config.wait(settings.lasting),
      labels: { severity: severity, kind: kind } + labels,
      annotations: {
        summary: summary,
        description: description,
        runbook_url: '%s/%s.md' % [config.runbookBaseUrl, name],
        dashboard_url: '%s/d/%s' % [config.dashboardBaseUrl, dashboard],
      },
    }
