// What fires, and whether those who should tell of it are well themselves.
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
  local certificate = config.alerts.CertificateExpiring,
  local disk = config.alerts.DiskFilling,
  local deployed(part, section) = if std.member(config.parts, part) then [section] else [],
  local alerts(matchers) = q.series(foreign.ALERTS, ['severity=~"page|ticket"'] + matchers),
  local prometheus(metric) = q.series(metric, [config.selectors.prometheus]),
  local alertmanager(metric) = q.series(metric, [config.selectors.alertmanager]),
  local blackbox(metric) = q.series(metric, [config.selectors.blackbox]),
  local disks(metric) = q.series(metric, [config.selectors.node, config.selectors.disks]),
  local rate(series, by) = 'sum by (%s) (rate(%s[%s]))' % [by, series, q.perSecond],
  local yesNo = panels.mappings([['0', 'no', 'red'], ['1', 'yes', 'green']]),

  grafanaDashboards+:: {
    'alerts.json': dashboard.new(
      'alerts',
      'Alerts',
      'What fires or is about to, and whether Prometheus and Alertmanager are well enough to tell.',
      [],
      [
        layout.section('Now', [
          layout.row(8, [
            [3, panels.stat({
              title: 'Firing pages',
              key: 'Pages',
              description: 'Alerts that fire and wake somebody. Good is 0. Otherwise open the runbook of each, in the table beside.',
              unit: 'short',
              steps: panels.redAbove(1),
              empty: 'Not known',
            }, 'count(%s) or vector(0)' % q.series(foreign.ALERTS, ['severity="page"', 'alertstate="firing"']))],
            [3, panels.stat({
              title: 'Firing tickets',
              key: 'Tickets',
              description: 'Alerts that fire and wait for working hours. Good is 0, or few that somebody works on.',
              unit: 'short',
              steps: [{ color: 'green', value: null }, { color: 'orange', value: 1 }],
              empty: 'Not known',
            }, 'count(%s) or vector(0)' % q.series(foreign.ALERTS, ['severity="ticket"', 'alertstate="firing"']))],
            [18, panels.table(
              {
                title: 'Firing and pending alerts',
                key: 'Alerts that fire or are pending',
                description: 'Each alert that fires, or will when its condition lasts. Not counted: Watchdog, which always fires. Good is an empty table. Open the runbook of the first page.',
                unit: 'short',
                empty: 'Nothing fires, nothing is pending',
              },
              ['max by (alertname, severity, alertstate, slo, instance) (%s)' % alerts([])],
              [
                { from: 'alertname', title: 'Alert', links: [links.runbookOf('Alert')] },
                { from: 'severity', title: 'Severity' },
                { from: 'alertstate', title: 'State' },
                { from: 'slo', title: 'Objective' },
                { from: 'instance', title: 'Instance' },
              ],
              'State',
            )],
          ]),
          layout.row(8, [
            [24, panels.states({
              title: 'Alerts over time',
              description: 'When each alert fired. Not counted: Watchdog, which always fires. Good is nothing. What comes and goes at the same hours has a cause that does.',
              unit: 'short',
              mappings: panels.mappings([['1', 'fires', 'red']]),
              empty: 'Nothing fired in this time',
            }, [panels.graph('max by (alertname, severity) (%s)' % alerts(['alertstate="firing"']), '{{alertname}} ({{severity}})')])],
          ]),
        ]),
        layout.section('Who is watched', [
          layout.row(8, [
            [12, panels.states({
              title: 'Targets up by instance',
              key: 'Targets that give metrics',
              description: 'Whether Prometheus gets metrics from each target. Good is yes throughout. A target that is no: the process is gone or hangs; its alerts are blind.',
              unit: 'bool_yes_no',
              mappings: yesNo,
              empty: 'No target',
              links: [links.runbook('TargetDown'), links.runbook('TargetMissing')],
            }, [panels.graph(q.min(q.series(foreign.up), ['job', 'instance']), '{{job}} {{instance}}')])],
          ] + (if !std.member(config.parts, 'blackbox') then [] else [
                 [6, panels.states({
                   title: 'Blackbox probes up',
                   key: 'Answers from outside',
                   description: 'Whether a probe from outside gets an answer. Good is yes throughout. When it is no while the instances are well, look at what is between: load balancer, DNS, certificate.',
                   unit: 'bool_yes_no',
                   mappings: yesNo,
                   empty: 'The blackbox exporter is not there',
                   links: [links.runbook('ProbeFailing')],
                 }, [panels.graph(q.min(blackbox(foreign.probe_success), ['instance']), '{{instance}}')])],
                 [3, panels.stat({
                   title: 'Certificate expiry',
                   key: 'Certificate valid for',
                   description: 'Time until the first certificate expires. Good is weeks. Red: its renewal has failed for days.',
                   unit: 's',
                   steps: panels.redBelow(certificate.days * 86400),
                   empty: 'No certificate: plain HTTP',
                   links: [links.runbook('CertificateExpiring')],
                 }, q.min(blackbox(foreign.probe_ssl_earliest_cert_expiry)) + ' - time()')],
               ]) + (if !std.member(config.parts, 'node') then [] else [
                       [3, panels.stat({
                         title: 'Disk free',
                         description: 'Free share of the fullest disk. Not counted: file systems in memory, of containers, of images and of the network. Good is above 25 %. Red: databases stop writing soon.',
                         unit: 'percentunit',
                         decimals: 1,
                         steps: panels.redBelow(disk.share, disk.soonShare),
                         empty: 'The node exporter is not there',
                         links: [links.runbook('DiskFilling')],
                       }, q.min('%(free)s / %(size)s' % {
                         free: disks(foreign.node_filesystem_avail_bytes),
                         size: disks(foreign.node_filesystem_size_bytes),
                       }))],
                     ])),
        ]),
      ]
      + deployed('prometheus', layout.section('Who watches', [
        layout.row(8, [
          [3, panels.stat({
            title: 'Time since last heartbeat',
            key: 'Since the last heartbeat',
            description: 'How long ago Watchdog, the alert that always fires, arrived through Prometheus and Alertmanager. Good is minutes. When it stays away, no other alert arrives either.',
            unit: 's',
            empty: 'No heartbeat yet',
            links: [links.runbook('Watchdog')],
          }, 'time() - ' + q.max(q.series(m.watchdog_last_received_timestamp_seconds)))],
          [3, panels.stat({
            title: 'Configuration reloads successful',
            key: 'Configurations loaded',
            description: 'Whether Prometheus and Alertmanager run on their newest configuration. Good is yes. When it is no, the file has a mistake, and the old one holds.',
            unit: 'bool_yes_no',
            mappings: yesNo,
            legend: '{{job}}',
            textMode: 'value_and_name',
            empty: 'No target',
            links: [links.runbook('ConfigurationReloadFailed')],
          }, |||-
            min by (job) (
              %(prometheus)s
              or
              %(alertmanager)s
            )
          ||| % {
            prometheus: prometheus(foreign.prometheus_config_last_reload_successful),
            alertmanager: alertmanager(foreign.alertmanager_config_last_reload_successful),
          })],
          [6, panels.timeSeries({
            title: 'Rule evaluation failures',
            key: 'Rules that fail',
            description: 'Evaluations of rules that fail a second, by group. Good is none. The alerts of a group that fails may be silent.',
            unit: 'cps',
            empty: 'No target',
            links: [links.runbook('RuleEvaluationFailing')],
          }, [panels.graph(rate(prometheus(foreign.prometheus_rule_evaluation_failures_total), 'rule_group'), '{{rule_group}}')])],
          [6, panels.timeSeries({
            title: 'Alerts sent to Alertmanager',
            description: 'Alerts a second that Prometheus sends, and those that do not arrive. Good is none that fails.',
            unit: 'cps',
            empty: 'No Alertmanager',
            links: [links.runbook('PrometheusNotSendingAlerts')],
          }, [
            panels.graph(rate(prometheus(foreign.prometheus_notifications_sent_total), 'alertmanager'), '{{alertmanager}}'),
            panels.graph(rate(prometheus(foreign.prometheus_notifications_errors_total), 'alertmanager'), '{{alertmanager}}, failed'),
          ])],
          [6, panels.timeSeries({
            title: 'Alertmanager notifications',
            key: 'Notifications delivered',
            description: 'Notifications a second that Alertmanager sends, by integration, and those that fail. Good is none that fails. Otherwise nobody is told: see the runbook.',
            unit: 'cps',
            empty: 'No Alertmanager',
            links: [links.runbook('AlertmanagerNotDelivering')],
          }, [
            panels.graph(rate(alertmanager(foreign.alertmanager_notifications_total), 'integration'), '{{integration}}'),
            panels.graph(rate(alertmanager(foreign.alertmanager_notifications_failed_total), 'integration'), '{{integration}}, failed'),
          ])],
        ]),
      ])),
    ),
  },
}
