// The database: as the service sees it, as it sees itself, and its backups.
{
  local config = $._config,
  local dashboard = (import 'lib/dashboard.libsonnet')(config),
  local layout = import 'lib/layout.libsonnet',
  local links = (import 'lib/links.libsonnet')(config),
  local panels = import 'lib/panels.libsonnet',
  local q = import 'lib/queries.libsonnet',
  local signals = import '../alerts/lib/signals.libsonnet',
  local m = signals.metrics,
  local foreign = signals.foreignMetrics,
  local queueing = config.alerts.StatementsQueueing,
  local slow = config.alerts.SlowQueries,
  local backup = config.alerts.BackupStale,
  local drill = config.alerts.RestoreDrillStale,
  local durations = import '../alerts/lib/durations.libsonnet',
  local deployed(part, section) = if std.member(config.parts, part) then [section] else [],
  local server(metric) = q.series(metric, [config.selectors.postgresExporter, 'datname!~"template.*|postgres"']),
  local serverRate(metric) = 'sum(rate(%s[%s]))' % [server(metric), q.perSecond],
  local backups(metric) = q.max(q.series(metric, [config.selectors.backup])),
  local since(metric) = 'time() - ' + backups(metric),

  grafanaDashboards+:: {
    'postgresql.json': dashboard.new(
      'postgresql',
      'PostgreSQL',
      'Statements and connections as the service sees them, the server as it sees itself, and backups.',
      ['job', 'instance'],
      [
        layout.section('As the service sees it', [
          layout.row(8, [
            [8, panels.states({
              title: 'Database up by instance',
              key: 'Database reachable, by instance',
              description: 'Whether the database answered the last look of an instance at it. Good is yes throughout. When it is no, that instance answers 503.',
              unit: 'bool_yes_no',
              mappings: panels.mappings([['0', 'no', 'red'], ['1', 'yes', 'green']]),
              empty: 'No instance',
              links: [links.runbook('DatabaseUnreachable')],
            }, [panels.graph(q.min(q.of(m.db_up), ['instance']), '{{instance}}')])],
            [8, panels.timeSeries({
              title: 'Query rate',
              key: 'Statements a second',
              description: 'Statements by name, as each carries it in a comment. Good follows the traffic. A statement that rises alone is asked for by one route, or in a loop.',
              unit: 'ops',
              stacked: true,
              empty: 'No statements',
            }, [panels.graph(q.rate(m.db_query_duration_seconds, q.service, ['operation'], '_count') + ' > 0', '{{operation}}')])],
            [8, panels.timeSeries({
              title: 'Database error rate',
              key: 'Database errors a second',
              description: 'Statements and connections that failed, by kind. Good is none. Constraints that are hit are faults of requests (an address registered twice); all others are ours or those of the database.',
              unit: 'cps',
              stacked: true,
              empty: 'No instance',
              links: [links.runbook('DatabaseUnreachable'), links.logs('the database', 'service.name:"${job}" AND event.action:database*')],
            }, [panels.graph(q.rate(m.db_errors_total, q.service, ['kind']), '{{kind}}')])],
          ]),
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Query latency p95',
              key: 'How long statements take: 95 %',
              description: '95 % of the executions of a statement take this long at most. Good is below the dashed line, which is all the time that a request has. A statement above it needs an index or another plan: the runbook says how to see it.',
              unit: 's',
              steps: panels.redAbove(slow.seconds),
              empty: 'No statements',
              links: [links.runbook('SlowQueries')],
            }, [panels.graph(q.quantile(slow.quantile, m.db_query_duration_seconds, q.service, ['operation']) + ' >= 0', '{{operation}}')])],
            [8, panels.heatmap({
              title: 'Query latency heatmap',
              key: 'Statements by how long they take',
              description: 'Statements a second by how long they took; the brighter, the more. Good is one bright band low down. A second band is a statement with two plans, or a lock.',
              unit: 's',
              cellUnit: 'ops',
              empty: 'No statements',
            }, q.buckets(m.db_query_duration_seconds, q.service))],
            [8, panels.bars({
              title: 'Top 10 queries by total time',
              key: 'Statements that take the most time',
              description: 'Seconds a second that the database spends on each statement, in the shown time. Good is nothing far ahead of the rest. What comes first is what to improve first.',
              unit: 'percentunit',
              empty: 'No statements',
            }, q.top(10, 'sum by (operation) (rate(%s[%s])) > 0' % [q.series(m.db_query_duration_seconds, q.service, '_sum'), q.overRange]), '{{operation}}')],
          ]),
          layout.row(8, [
            [8, panels.timeSeries({
              title: 'Connections',
              description: 'Connections of the pools, by state, and how many they may open. Good leaves some idle. All in use, and statements waiting: the pool is too small, or the database too slow.',
              unit: 'short',
              empty: 'No instance',
              links: [links.runbook('StatementsQueueing')],
            }, [
              panels.graph(q.sum(q.of(m.db_connections), ['state']), '{{state}}'),
              panels.graph(q.sum(q.of(m.db_connections_max)), 'max'),
            ])],
            [8, panels.timeSeries({
              title: 'Queries in flight and queued',
              key: 'Statements in flight and waiting',
              description: 'Statements that the database works on, and those that wait for a connection. Good is nobody waiting.',
              unit: 'short',
              empty: 'No instance',
              links: [links.runbook('StatementsQueueing')],
            }, [
              panels.graph(q.sum(q.of(m.db_statements_in_flight)), 'in flight'),
              panels.graph(q.sum(q.of(m.db_queue_length)), 'waiting'),
            ])],
            [8, panels.timeSeries({
              title: 'Connection wait p95',
              key: 'How long statements wait for a connection: 95 %',
              description: '95 % of the statements of an instance wait this long at most for a connection. Good is next to nothing. Above the dashed line requests miss their objective by waiting alone.',
              unit: 's',
              steps: panels.redAbove(queueing.seconds),
              empty: 'No statements',
              links: [links.runbook('StatementsQueueing')],
            }, [panels.graph(q.quantile(queueing.quantile, m.db_queue_wait_seconds, q.service, ['instance']) + ' >= 0', '{{instance}}')])],
          ]),
        ]),
        layout.section('Background jobs', [
          layout.row(6, [
            [8, panels.stat({
              title: 'Time since last clean-up',
              key: 'Since the last clean-up',
              description: 'How long ago an instance last went through all background jobs. Good is about a minute. More than the runbook allows: expired rows stay, and tables grow.',
              unit: 's',
              decimals: 0,
              steps: panels.redAbove(durations.seconds(config.alerts.MaintenanceStale.age)),
              empty: 'Not yet since the start',
              links: [links.runbook('MaintenanceStale'), links.logs('background jobs', 'service.name:"${job}" AND event.action:maintenance*')],
            }, 'time() - ' + q.max(q.of(m.maintenance_last_success_timestamp_seconds)))],
            [16, panels.timeSeries({
              title: 'Rows removed by background jobs',
              description: 'Rows a second that were removed because they had been kept long enough, by kind. Good is a trickle in step with the traffic of then.',
              unit: 'cps',
              stacked: true,
              empty: 'No instance',
            }, [panels.graph(q.rate(m.maintenance_removed_rows_total, q.service, ['job_name']), '{{job_name}}')])],
          ]),
        ]),
      ]
      + deployed('postgres-exporter', layout.section('As the server sees itself', [
        layout.row(8, [
          [6, panels.timeSeries({
            title: 'Sessions',
            description: 'Sessions on the server, of every client, by database. Not counted: those of the databases postgres and template. Good is a number that stays well below max_connections.',
            unit: 'short',
            stacked: true,
            empty: 'The PostgreSQL exporter is not there',
          }, [panels.graph('sum by (datname) (%s)' % server(foreign.pg_stat_database_numbackends), '{{datname}}')])],
          [6, panels.timeSeries({
            title: 'Transaction rate',
            key: 'Transactions',
            description: 'Transactions a second that were committed, rolled back, or ended as a deadlock. Not counted: those of the databases postgres and template. Good is next to no rollbacks.',
            unit: 'ops',
            empty: 'The PostgreSQL exporter is not there',
          }, [
            panels.graph(serverRate(foreign.pg_stat_database_xact_commit), 'committed'),
            panels.graph(serverRate(foreign.pg_stat_database_xact_rollback), 'rolled back'),
            panels.graph(serverRate(foreign.pg_stat_database_deadlocks), 'deadlocks'),
          ])],
          [6, panels.timeSeries({
            title: 'Cache hit ratio',
            key: 'Blocks found in memory',
            description: 'Share of the blocks that were read from the cache of the server. Not counted: the databases postgres and template. Good is above 99 %. Less: what is used often no longer fits into memory.',
            unit: 'percentunit',
            max: 1,
            empty: 'The PostgreSQL exporter is not there',
          }, [panels.graph(
            |||-
              %(hit)s
              /
              (%(hit)s + %(read)s > 0)
            ||| % {
              hit: serverRate(foreign.pg_stat_database_blks_hit),
              read: serverRate(foreign.pg_stat_database_blks_read),
            },
            'from memory'
          )])],
          [6, panels.timeSeries({
            title: 'Database size',
            key: 'Size of the database',
            description: 'Bytes on the disk of the server. Not counted: the databases postgres and template. Good grows with the number of todos. A jump is a bulk import, or vacuum that no longer keeps up.',
            unit: 'bytes',
            empty: 'The PostgreSQL exporter is not there',
            links: [links.runbook('DiskFilling')],
          }, [panels.graph('sum by (datname) (%s)' % server(foreign.pg_database_size_bytes), '{{datname}}')])],
        ]),
      ]))
      + deployed('backup', layout.section('Backups', [
        layout.row(6, [
          [6, panels.stat({
            title: 'Time since last backup',
            key: 'Since the last backup',
            description: 'How long ago the newest backup was begun: what was written since would be lost with the database. Good is within half an hour. More than the runbook allows makes a ticket.',
            unit: 's',
            steps: panels.redAbove(durations.seconds(backup.age)),
            empty: 'No backup yet',
            links: [links.runbook('BackupStale'), links.runbook('BackupMissing')],
          }, since(m.backup_last_success_timestamp_seconds))],
          [6, panels.stat({
            title: 'Time since last restore drill',
            key: 'Since the last restore drill',
            description: 'How long ago a backup was last restored and found complete. Good is within a week. A backup that was never restored is a hope.',
            unit: 's',
            steps: panels.redAbove(durations.seconds(drill.age)),
            empty: 'No drill yet',
            links: [links.runbook('RestoreDrillStale'), links.runbook('RestoreDrillMissing')],
          }, since(m.restore_drill_last_success_timestamp_seconds))],
          [6, panels.timeSeries({
            title: 'Backup and restore duration',
            key: 'How long backups and restores take',
            description: 'The last successful backup and restore drill. Good grows slowly. How long a restore takes is how long an outage would.',
            unit: 's',
            empty: 'No backup yet',
          }, [
            panels.graph(backups(m.backup_last_duration_seconds), 'backup'),
            panels.graph(backups(m.restore_drill_last_duration_seconds), 'restore drill'),
          ])],
          [6, panels.timeSeries({
            title: 'Backup size',
            key: 'Size of backups',
            description: 'The last successful backup. Good grows with the database. A sudden fall is a backup that lacks something.',
            unit: 'bytes',
            empty: 'No backup yet',
          }, [panels.graph(backups(m.backup_last_size_bytes), 'backup')])],
        ]),
      ])),
    ),
  },
}
