// Logs and traces on their way out of the service.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local m = causes.metrics,
  local api = config.selectors.api,
  local lost = causes.settings('LogLinesLost'),
  local export = causes.settings('TraceExportFailing'),
  local spans(matchers) = causes.rate(export, m.trace_spans_exported_total, matchers, config.serviceLabels),

  prometheusAlerts+:: {
    groups+: causes.groupOf('core', 'telemetry', [
      causes.alert(
        'LogLinesLost',
        'increase(%s[%s]) > 0' % [causes.series(m.log_write_errors_total, [api]), config.window(lost.window)],
        '{{ $labels.instance }} loses log lines.',
        '{{ $value | humanize }} writes of log lines failed on {{ $labels.instance }} within %s; the lines in them are lost.' % config.window(lost.window),
        'log-pipeline',
      ),
      causes.alert(
        'TraceExportFailing',
        '%(lost)s / %(all)s > %(share)g' % export {
          lost: spans([api, 'outcome!="success"']),
          all: spans([]),
        },
        'Traces do not reach their collector.',
        '{{ $value | humanizePercentage }} of the spans of {{ $labels.job }} are lost on the way to the trace collector.',
        'golden-signals',
      ),
    ]),
  },
}
