// A line from the service to Elasticsearch: written, shipped, taken.
{
  local config = $._config,
  local dashboard = (import 'lib/dashboard.libsonnet')(config),
  local layout = import 'lib/layout.libsonnet',
  local links = (import 'lib/links.libsonnet')(config),
  local panels = import 'lib/panels.libsonnet',
  local q = import 'lib/queries.libsonnet',
  local signals = import '../alerts/lib/signals.libsonnet',
  local m = signals.metrics,
  local durations = import '../alerts/lib/durations.libsonnet',
  local stalled = config.alerts.LogPipelineStalled,
  local lagging = config.alerts.LogPipelineLagging,
  local deployed(part, section) = if std.member(config.parts, part) then [section] else [],
  local of(metric) = q.series(metric, [config.selectors.shipper]),
  local rate(metric, by=[], matchers=[]) = q.rate(metric, [config.selectors.shipper] + matchers, by),
  local batch(quantile, metric) = q.quantile(quantile, metric, [config.selectors.shipper]) + ' >= 0',
  local notThere = 'The log shipper is not there',

  grafanaDashboards+:: {
    'log-pipeline.json': dashboard.new(
      'log-pipeline',
      'Log pipeline',
      'Log lines from the service to Elasticsearch: how many, how late, and whether any is lost. Traces on their way out, too.',
      ['job', 'instance'],
      [
        layout.section('What the service writes', [
          layout.row(7, [
            [8, panels.timeSeries({
              title: 'Log lines by level',
              description: 'Lines a second that the service writes. Good is one a request, nearly all info. Warnings and errors say what is wrong: click one for the lines.',
              unit: 'cps',
              stacked: true,
              empty: 'No instance',
              dataLinks: [links.logsOf('service.name:"${job}" AND log.level:%s' % links.label('level'))],
            }, panels.faultsFirst(function(matcher) q.rate(m.log_events_total, q.service + [matcher], ['level']), 'level', 'error|fatal', '{{level}}'))],
            [4, panels.stat({
              title: 'Log lines lost by the service',
              description: 'Writes of log lines that failed in the shown time; the lines in them are lost. Good is 0. When it is more, the disk is full or nobody reads the output.',
              unit: 'short',
              decimals: 0,
              steps: panels.redAbove(1),
              empty: 'No instance',
              links: [links.runbook('LogLinesLost')],
            }, q.count(m.log_write_errors_total, q.service))],
            [12, panels.timeSeries({
              title: 'Trace spans',
              description: 'Spans a second that the service makes, and what becomes of those that it sends. Good is as many sent as made. Lost ones mean that the trace collector is away.',
              unit: 'cps',
              empty: 'No instance',
              links: [links.runbook('TraceExportFailing')],
            }, [
              panels.graph(q.rate(m.trace_spans_started_total, q.service), 'made'),
              panels.graph(q.rate(m.trace_spans_exported_total, q.service, ['outcome']), 'sent: {{outcome}}'),
            ])],
          ]),
        ]),
      ]
      + deployed('logs', layout.section('What the shipper does with them', [
        layout.row(7, [
          [4, panels.stat({
            title: 'Age of the oldest line not shipped',
            description: 'How far the shipper is behind. Good is a few seconds. More than a minute: someone who looks for an error just reported does not find it yet.',
            unit: 's',
            steps: panels.redAbove(durations.seconds(lagging.age)),
            empty: notThere,
            links: [links.runbook('LogPipelineLagging')],
          }, q.max(of(m.log_shipper_lag_seconds)))],
          [4, panels.stat({
            title: 'Since Elasticsearch last took lines',
            description: 'How long ago Elasticsearch took a batch, or said that none was waiting. Good is seconds. More than the runbook allows: the pipeline is stalled; lines wait in their files.',
            unit: 's',
            steps: panels.redAbove(durations.seconds(stalled.age)),
            empty: notThere,
            links: [links.runbook('LogPipelineStalled')],
          }, 'time() - ' + q.min(of(m.log_shipper_last_success_timestamp_seconds)))],
          [4, panels.stat({
            title: 'Since the shipper noted its place',
            description: 'How long ago the shipper wrote down how far it is. Good is seconds. After a crash it sends again what came since then; duplicates are recognised.',
            unit: 's',
            empty: notThere,
          }, 'time() - ' + q.min(of(m.log_shipper_checkpoint_timestamp_seconds)))],
          [4, panels.stat({
            title: 'Dead letters in the shown time',
            description: 'Lines that Elasticsearch refused; they are kept. Good is 0. When it is more, the mapping and the signal contract disagree.',
            unit: 'short',
            decimals: 0,
            steps: panels.redAbove(1),
            empty: notThere,
            links: [links.runbook('LogDeadLetters')],
          }, 'sum(increase(%s[%s]))' % [q.series(m.log_shipper_lines_total, [config.selectors.shipper, 'outcome="dead_lettered"']), q.overRange])],
          [8, panels.timeSeries({
            title: 'Lines shipped',
            description: 'Lines a second that left the shipper, by what became of them. Good is as many as the service writes. Duplicates come after a resend, and are in Elasticsearch once.',
            unit: 'cps',
            stacked: true,
            empty: notThere,
          }, panels.faultsFirst(function(matcher) rate(m.log_shipper_lines_total, ['outcome'], [matcher]), 'outcome', 'dead_lettered', '{{outcome}}'))],
        ]),
        layout.row(7, [
          [8, panels.timeSeries({
            title: 'Bytes of log not shipped yet',
            description: 'Bytes of log files that are not in Elasticsearch yet. Good is a low saw. A line that rises is a pipeline that does not keep up, or is stalled.',
            unit: 'bytes',
            empty: notThere,
            links: [links.runbook('LogPipelineLagging')],
          }, [panels.graph(q.sum(of(m.log_shipper_lag_bytes)), 'waiting')])],
          [8, panels.timeSeries({
            title: 'Batches sent again',
            description: 'Batches a second that were sent again, by reason. Good is none. Throttled: Elasticsearch cannot keep up. Connection or timeout: it is away.',
            unit: 'cps',
            stacked: true,
            empty: notThere,
          }, [panels.graph(rate(m.log_shipper_retries_total, ['reason']), '{{reason}}')])],
          [4, panels.timeSeries({
            title: 'How long a batch takes',
            description: 'Half of the batches, and 95 % of them, are taken by Elasticsearch within this. Good is below 1 s.',
            unit: 's',
            empty: 'No batches',
          }, [
            panels.graph(batch(0.5, m.log_shipper_batch_duration_seconds), '50 %'),
            panels.graph(batch(0.95, m.log_shipper_batch_duration_seconds), '95 %'),
          ])],
          [4, panels.timeSeries({
            title: 'Lines in a batch',
            description: 'Half of the batches have this many lines at most. Good is few when it is quiet. Always full batches mean that the shipper is catching up.',
            unit: 'short',
            empty: 'No batches',
          }, [panels.graph(batch(0.5, m.log_shipper_batch_lines), '50 %')])],
        ]),
      ]))
      + deployed('elasticsearch', layout.section('Elasticsearch', [
        layout.row(6, [
          [12, panels.states({
            title: 'Elasticsearch answers the shipper',
            description: 'Whether Elasticsearch answered the last request of the shipper. Good is yes throughout. When it is no, lines wait in their files, and none is lost.',
            unit: 'bool_yes_no',
            mappings: panels.mappings([['0', 'no', 'red'], ['1', 'yes', 'green']]),
            empty: notThere,
            links: [links.runbook('ElasticsearchDown')],
          }, [panels.graph(q.min(of(m.log_shipper_elasticsearch_up), ['instance']), '{{instance}}')])],
          [12, panels.states({
            title: 'Health of Elasticsearch',
            description: 'What Elasticsearch says of itself. Good is green; yellow on a single node. Red: some data can be neither read nor written.',
            unit: 'short',
            mappings: panels.mappings([['0', 'no', 'transparent'], ['1', 'yes', 'blue']]),
            empty: 'The Elasticsearch exporter is not there',
            links: [links.runbook('ElasticsearchDown')],
          }, [panels.graph(q.max(q.series(signals.foreignMetrics.elasticsearch_cluster_health_status, [config.selectors.elasticsearch]), ['color']), '{{color}}')])],
        ]),
      ])),
    ),
  },
}
