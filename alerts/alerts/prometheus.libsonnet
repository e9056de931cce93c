// Prometheus and Alertmanager themselves.
{
  local config = $._config,
  local causes = (import '../lib/causes.libsonnet')(config),
  local foreign = causes.foreign,
  local prometheus = config.selectors.prometheus,
  local alertmanager = config.selectors.alertmanager,
  local rules = causes.settings('RuleEvaluationFailing'),
  local sending = causes.settings('PrometheusNotSendingAlerts'),
  local delivering = causes.settings('AlertmanagerNotDelivering'),

  prometheusAlerts+:: {
    groups+: causes.groupOf('prometheus', 'prometheus', [
      causes.alert(
        'RuleEvaluationFailing',
        'increase(%s[%s]) > 0' % [causes.series(foreign.prometheus_rule_evaluation_failures_total, [prometheus]), config.window(rules.window)],
        'Prometheus cannot evaluate rules.',
        'Prometheus failed {{ $value | humanize }} times within %s to evaluate rules of {{ $labels.rule_group }}: their alerts may be silent.' % config.window(rules.window),
        'alerts',
      ),
      causes.alert(
        'PrometheusNotSendingAlerts',
        // Those that failed are not among those sent, so the share is of both together.
        'rate(%(failed)s[%(window)s]) / (rate(%(failed)s[%(window)s]) + rate(%(sent)s[%(window)s])) > %(share)g' % sending {
          window: config.window(sending.window),
          failed: causes.series(foreign.prometheus_notifications_errors_total, [prometheus]),
          sent: causes.series(foreign.prometheus_notifications_sent_total),
        },
        'Alerts of Prometheus do not reach Alertmanager.',
        '{{ $value | humanizePercentage }} of the alerts that Prometheus sends to {{ $labels.alertmanager }} fail.',
        'alerts',
      ),
      causes.alert(
        'AlertmanagerNotDelivering',
        'sum without (reason) (rate(%(failed)s[%(window)s])) / rate(%(all)s[%(window)s]) > %(share)g' % delivering {
          window: config.window(delivering.window),
          failed: causes.series(foreign.alertmanager_notifications_failed_total, [alertmanager]),
          all: causes.series(foreign.alertmanager_notifications_total),
        },
        'Alertmanager does not deliver by {{ $labels.integration }}.',
        '{{ $value | humanizePercentage }} of the notifications that Alertmanager sends by {{ $labels.integration }} fail.',
        'alerts',
      ),
      causes.alert(
        'ConfigurationReloadFailed',
        |||
          %(prometheus)s == 0
          or
          %(alertmanager)s == 0
        ||| % {
          prometheus: causes.series(foreign.prometheus_config_last_reload_successful, [prometheus]),
          alertmanager: causes.series(foreign.alertmanager_config_last_reload_successful, [alertmanager]),
        },
        '{{ $labels.job }} runs on an old configuration.',
        '{{ $labels.job }} at {{ $labels.instance }} could not load its configuration (last reload successful is {{ $value }}) and goes on with the old one.',
        'alerts',
      ),
    ]),
  },
}
