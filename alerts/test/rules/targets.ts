import { type AlertCase, gauge, series } from './case.ts';

const up = (values: string, job = 'todo-api') => series('up', { job, instance: 'api-1:9464' }, values);

export const targetCases: readonly AlertCase[] = [
  {
    alert: 'TargetDown',
    does: 'fires when a target gives no metrics for three minutes, and resolves when it does again',
    series: up(gauge([10, 1], [10, 0], [10, 1])),
    minutes: 30,
    firing: {
      from: 13,
      until: 20,
      as: [
        {
          labels: { job: 'todo-api', instance: 'api-1:9464', severity: 'ticket', kind: 'cause' },
          summary: 'todo-api at api-1:9464 gives no metrics.',
          description: 'Prometheus gets no metrics from todo-api at api-1:9464 (up is 0).',
          dashboard: 'alerts',
        },
      ],
    },
  },
  {
    alert: 'TargetDown',
    does: 'stays silent about a target that answers, and about one that service discovery took away',
    series: { ...up(gauge([30, 1])), ...up(`${gauge([10, 1])} stale`, 'log-shipper') },
    minutes: 30,
  },
  {
    alert: 'TargetMissing',
    does: 'fires when Prometheus knows no target for ten minutes, and resolves when it knows one',
    series: { ...up(`${gauge([10, 1])} stale _x39 ${gauge([10, 1])}`), ...up(gauge([40, 1]), 'prometheus') },
    minutes: 40,
    firing: {
      from: 20,
      until: 30,
      as: [
        {
          labels: { job: 'todo-api', severity: 'ticket', kind: 'cause' },
          summary: 'Prometheus knows no target of todo-api.',
          description:
            'Prometheus finds no instance of todo-api at all (absent is 1), so its other alerts are blind.',
          dashboard: 'alerts',
        },
      ],
    },
    anyJob: true,
  },
  {
    alert: 'TargetMissing',
    does: 'stays silent while one target is known, even if it is down',
    series: up(gauge([40, 0])),
    minutes: 40,
    anyJob: true,
  },
];
