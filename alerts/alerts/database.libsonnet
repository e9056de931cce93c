// The database, as the service sees it.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local m = causes.metrics,
  local api = config.selectors.api,
  local ofOperation = config.serviceLabels + ['operation'],
  local queueing = causes.settings('StatementsQueueing'),
  local slow = causes.settings('SlowQueries'),

  prometheusAlerts+:: {
    groups+: causes.groupOf('core', 'database', [
      causes.alert(
        'DatabaseUnreachable',
        '%s == 0' % causes.series(m.db_up, [api]),
        '{{ $labels.instance }} does not reach the database.',
        'The database does not answer {{ $labels.instance }} (db_up is {{ $value }}), so its requests get 503.',
        'postgresql',
      ),
      causes.alert(
        'StatementsQueueing',
        '%s > %g' % [causes.quantile(queueing, m.db_queue_wait_seconds, [api]), queueing.seconds],
        'Statements of {{ $labels.instance }} queue for a connection.',
        'One in twenty statements of {{ $labels.instance }} waits {{ $value | humanizeDuration }} or longer for a connection to the database.',
        'postgresql',
      ),
      causes.alert(
        'SlowQueries',
        |||
          %s > %g
          and
          sum by (%s) (increase(%s[%s])) >= %g
        ||| % [
          causes.quantile(slow, m.db_query_duration_seconds, [api], ofOperation),
          slow.seconds,
          std.join(', ', ofOperation),
          causes.series(m.db_query_duration_seconds, suffix='_count'),
          config.window(slow.window),
          slow.minStatements,
        ],
        'The statement {{ $labels.operation }} is slow.',
        'One in twenty executions of the statement {{ $labels.operation }} takes {{ $value | humanizeDuration }} or longer.',
        'postgresql',
      ),
    ]),
  },
}
