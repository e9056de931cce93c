import { type AlertCase, counter, gauge, series, shipper } from './case.ts';

const labels = { ...shipper, severity: 'ticket', kind: 'cause' };

export const logCases: readonly AlertCase[] = [
  {
    alert: 'LogPipelineStalled',
    does: 'fires two minutes after Elasticsearch has taken nothing for five, and resolves when it does',
    series: series(
      'log_shipper_last_success_timestamp_seconds',
      shipper,
      `0+30x59 ${gauge([20, 1770])} 3000+30x20`,
    ),
    minutes: 60,
    firing: {
      from: 37,
      until: 50,
      as: [
        {
          labels,
          summary: 'Log lines no longer reach Elasticsearch.',
          description:
            'Elasticsearch took nothing from shipper:9465 for 7m 30s. Lines wait in their files and are not lost.',
          dashboard: 'log-pipeline',
        },
      ],
    },
  },
  {
    alert: 'LogPipelineStalled',
    does: 'stays silent while Elasticsearch takes something every four minutes',
    series: series(
      'log_shipper_last_success_timestamp_seconds',
      shipper,
      gauge([4, 0], [4, 240], [4, 480], [4, 720], [4, 960], [4, 1200]),
    ),
    minutes: 24,
  },
  {
    alert: 'LogPipelineLagging',
    does: 'fires when lines are over a minute late for ten minutes, and resolves when they are not',
    series: series('log_shipper_lag_seconds', shipper, gauge([10, 2], [20, 90], [10, 40])),
    minutes: 40,
    firing: {
      from: 20,
      until: 30,
      as: [
        {
          labels,
          summary: 'Log lines reach Elasticsearch late.',
          description: 'The oldest line that shipper:9465 has not shipped is 1m 30s old.',
          dashboard: 'log-pipeline',
        },
      ],
    },
  },
  {
    alert: 'LogPipelineLagging',
    does: 'stays silent while they are less late',
    series: series('log_shipper_lag_seconds', shipper, gauge([40, 45])),
    minutes: 40,
  },
  {
    alert: 'LogDeadLetters',
    does: 'fires at the first line that Elasticsearch refuses, and resolves a quarter of an hour after the last',
    series: series(
      'log_shipper_lines_total',
      { ...shipper, outcome: 'dead_lettered' },
      counter([30, 0], [0.5, 2], [30, 0]),
    ),
    minutes: 60,
    firing: {
      from: 30.5,
      until: 45,
      as: [
        {
          labels: { ...labels, outcome: 'dead_lettered' },
          summary: 'Elasticsearch refuses log lines.',
          description:
            'Elasticsearch refused 1 lines of shipper:9465 within 15m; they are kept as dead letters.',
          dashboard: 'log-pipeline',
        },
      ],
    },
  },
  {
    alert: 'LogDeadLetters',
    does: 'stays silent about lines that were shipped, and about dead letters long ago',
    series: {
      ...series('log_shipper_lines_total', { ...shipper, outcome: 'shipped' }, counter([60, 600])),
      ...series('log_shipper_lines_total', { ...shipper, outcome: 'duplicate' }, counter([60, 6])),
      ...series('log_shipper_lines_total', { ...shipper, outcome: 'dead_lettered' }, gauge([60, 7])),
    },
    minutes: 60,
  },
];
