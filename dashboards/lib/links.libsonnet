// Where a reader goes next: other dashboards, runbooks, and the log lines behind a graph.
function(config) {
  local link(title, url, newTab) = { title: title, type: 'link', url: url, targetBlank: newTab, icon: '', tags: [], tooltip: '', asDropdown: false, includeVars: false, keepTime: false },
  local dataLink(title, url) = { title: title, url: url, targetBlank: true },

  // Over the same time, of the same job.
  dashboard(title, uid):: link(title, '/d/%s?${__url_time_range}&${job:queryparam}' % uid, false),
  runbook(alert):: link('Runbook: %s' % alert, '%s/%s.md' % [config.runbookBaseUrl, alert], true),
  // Of the alert that a table's row is about.
  runbookOf(field):: dataLink('Runbook', '%s/${__data.fields.%s}.md' % [config.runbookBaseUrl, field]),

  // Kibana's search over the time that the panel shows, by a query in Lucene's syntax. Its address is rison, in which
  // a quote ends a string, so no query has one; Lucene's double quotes and spaces are written as an address has them.
  local search(lucene) =
    assert std.length(std.findSubstr("'", lucene)) == 0 : 'must provide log queries without single quotes; got %s' % lucene;
    "%s/app/discover#/?_g=(time:(from:'${__from:date:iso}',to:'${__to:date:iso}'))&_a=(dataSource:(dataViewId:'%s',type:dataView),query:(language:lucene,query:'%s'))"
    % [config.kibana.url, config.kibana.dataView, std.strReplace(std.strReplace(lucene, ' ', '%20'), '"', '%22')],
  logs(title, lucene):: link('Logs: %s' % title, search(lucene), true),
  // The same of what the reader clicked on: labels and fields of it by `${__field.labels.…}`, `${__data.fields.…}`.
  logsOf(lucene):: dataLink('Log lines', search(lucene)),
  // The value of a label of the series clicked on, or of a field of the row, as an address has it.
  label(name):: '${__field.labels.%s:percentencode}' % name,
  field(name):: '${__data.fields["%s"]:percentencode}' % name,
}
