import { type AlertCase, counter, gauge, type Phase, series } from './case.ts';

const prometheus = { job: 'prometheus', instance: 'prometheus:9090' } as const;
const alertmanager = { job: 'alertmanager', instance: 'alertmanager:9093' } as const;
const labels = { severity: 'ticket', kind: 'cause' };

const sent = (...phases: readonly Phase[]) =>
  series(
    'prometheus_notifications_sent_total',
    { ...prometheus, alertmanager: 'http://am/api' },
    counter(...phases),
  );
const errors = (...phases: readonly Phase[]) =>
  series(
    'prometheus_notifications_errors_total',
    { ...prometheus, alertmanager: 'http://am/api' },
    counter(...phases),
  );
const notified = (integration: string, ...phases: readonly Phase[]) =>
  series('alertmanager_notifications_total', { ...alertmanager, integration }, counter(...phases));
const failed = (integration: string, reason: string, ...phases: readonly Phase[]) =>
  series(
    'alertmanager_notifications_failed_total',
    { ...alertmanager, integration, reason },
    counter(...phases),
  );

export const prometheusCases: readonly AlertCase[] = [
  {
    alert: 'RuleEvaluationFailing',
    does: 'fires when rules fail for five minutes, and resolves when they no longer do',
    series: series(
      'prometheus_rule_evaluation_failures_total',
      { ...prometheus, rule_group: 'sightline-database' },
      counter([30, 0], [30, 2], [30, 0]),
    ),
    minutes: 90,
    firing: {
      from: 35.5,
      until: 64.5,
      as: [
        {
          labels: { ...labels, ...prometheus, rule_group: 'sightline-database' },
          summary: 'Prometheus cannot evaluate rules.',
          description:
            'Prometheus failed 10 times within 5m to evaluate rules of sightline-database: their alerts may be silent.',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'RuleEvaluationFailing',
    does: 'stays silent while no rule fails, and about failures long ago',
    series: series(
      'prometheus_rule_evaluation_failures_total',
      { ...prometheus, rule_group: 'sightline-database' },
      '7x119',
    ),
    minutes: 60,
  },
  {
    alert: 'PrometheusNotSendingAlerts',
    does: 'fires when more than one alert in a hundred fails for five minutes, and resolves after',
    series: { ...sent([30, 1000], [30, 985], [30, 1000]), ...errors([30, 0], [30, 15], [30, 0]) },
    minutes: 90,
    firing: {
      from: 38.5,
      until: 61.5,
      as: [
        {
          labels: { ...labels, ...prometheus, alertmanager: 'http://am/api' },
          summary: 'Alerts of Prometheus do not reach Alertmanager.',
          description: '1.5% of the alerts that Prometheus sends to http://am/api fail.',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'PrometheusNotSendingAlerts',
    does: 'fires also when none arrives at all',
    series: { ...sent([30, 10], [30, 0], [30, 10]), ...errors([30, 0], [30, 10], [30, 0]) },
    minutes: 90,
    firing: {
      from: 35.5,
      until: 64.5,
      as: [
        {
          labels: { ...labels, ...prometheus, alertmanager: 'http://am/api' },
          summary: 'Alerts of Prometheus do not reach Alertmanager.',
          description: '100% of the alerts that Prometheus sends to http://am/api fail.',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'PrometheusNotSendingAlerts',
    does: 'stays silent about fewer, and when there is nothing to send',
    series: { ...sent([30, 992], [30, 0]), ...errors([30, 8], [30, 0]) },
    minutes: 60,
  },
  {
    alert: 'AlertmanagerNotDelivering',
    does: 'fires when more than one notification in a hundred fails for five minutes, and resolves after',
    series: {
      ...notified('webhook', [90, 1000]),
      ...failed('webhook', 'serverError', [30, 0], [30, 8], [30, 0]),
      ...failed('webhook', 'other', [30, 0], [30, 7], [30, 0]),
      // Another integration that works hides nothing.
      ...notified('email', [90, 10000]),
      ...failed('email', 'other', [90, 0]),
    },
    minutes: 90,
    firing: {
      from: 38.5,
      until: 61.5,
      as: [
        {
          labels: { ...labels, ...alertmanager, integration: 'webhook' },
          summary: 'Alertmanager does not deliver by webhook.',
          description: '1.5% of the notifications that Alertmanager sends by webhook fail.',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'AlertmanagerNotDelivering',
    does: 'stays silent about fewer, and when there is nothing to deliver',
    series: {
      ...notified('webhook', [30, 1000], [30, 0]),
      ...failed('webhook', 'other', [30, 8], [30, 0]),
    },
    minutes: 60,
  },
  {
    alert: 'ConfigurationReloadFailed',
    does: 'fires for Prometheus five minutes after a reload that failed, and resolves after one that did not',
    series: {
      ...series('prometheus_config_last_reload_successful', prometheus, gauge([10, 1], [20, 0], [10, 1])),
      ...series('alertmanager_config_last_reload_successful', alertmanager, gauge([40, 1])),
    },
    minutes: 40,
    firing: {
      from: 15,
      until: 30,
      as: [
        {
          labels: { ...labels, ...prometheus },
          summary: 'prometheus runs on an old configuration.',
          description:
            'prometheus at prometheus:9090 could not load its configuration (last reload successful is 0) and goes on with the old one.',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'ConfigurationReloadFailed',
    does: 'fires for Alertmanager as well',
    series: {
      ...series('prometheus_config_last_reload_successful', prometheus, gauge([40, 1])),
      ...series('alertmanager_config_last_reload_successful', alertmanager, gauge([10, 1], [20, 0], [10, 1])),
    },
    minutes: 40,
    firing: {
      from: 15,
      until: 30,
      as: [
        {
          labels: { ...labels, ...alertmanager },
          summary: 'alertmanager runs on an old configuration.',
          description:
            'alertmanager at alertmanager:9093 could not load its configuration (last reload successful is 0) and goes on with the old one.',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'ConfigurationReloadFailed',
    does: 'stays silent while both run on their newest configuration',
    series: {
      ...series('prometheus_config_last_reload_successful', prometheus, gauge([40, 1])),
      ...series('alertmanager_config_last_reload_successful', alertmanager, gauge([40, 1])),
    },
    minutes: 40,
  },
  {
    alert: 'Watchdog',
    does: 'always fires, from the first moment and without any series',
    series: {},
    minutes: 60,
    firing: {
      from: 0,
      until: 60,
      as: [
        {
          labels: { severity: 'none', kind: 'cause' },
          summary: 'Alerts are delivered.',
          description:
            'This alert always fires. When it no longer arrives, Prometheus or Alertmanager is down, and no other alert arrives either.',
          dashboard: 'alerts',
        },
      ],
    },
    anyJob: true,
  },
];
