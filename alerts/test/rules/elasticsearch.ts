import { type AlertCase, gauge, series, shipper } from './case.ts';

const cluster = { job: 'elasticsearch', instance: 'exporter:9114', cluster: 'logs' } as const;
const texts = (instance: string, value: number) => ({
  summary: 'Elasticsearch is down.',
  description: `Elasticsearch does not answer ${instance}, or its health is red there (value ${value}). Logs cannot be searched; lines wait in their files.`,
  dashboard: 'log-pipeline',
});

export const elasticsearchCases: readonly AlertCase[] = [
  {
    alert: 'ElasticsearchDown',
    does: 'fires when Elasticsearch answers the shipper no more for three minutes, and resolves when it does',
    series: series('log_shipper_elasticsearch_up', shipper, gauge([10, 1], [10, 0], [10, 1])),
    minutes: 30,
    firing: {
      from: 13,
      until: 20,
      as: [{ labels: { ...shipper, severity: 'ticket', kind: 'cause' }, ...texts('shipper:9465', 0) }],
    },
  },
  {
    alert: 'ElasticsearchDown',
    does: 'fires when the health of the cluster is red for three minutes, and resolves when it is not',
    series: {
      ...series(
        'elasticsearch_cluster_health_status',
        { ...cluster, color: 'red' },
        gauge([10, 0], [10, 1], [10, 0]),
      ),
      ...series(
        'elasticsearch_cluster_health_status',
        { ...cluster, color: 'green' },
        gauge([10, 1], [10, 0], [10, 1]),
      ),
    },
    minutes: 30,
    firing: {
      from: 13,
      until: 20,
      as: [
        {
          labels: { ...cluster, color: 'red', severity: 'ticket', kind: 'cause' },
          ...texts('exporter:9114', 1),
        },
      ],
    },
  },
  {
    alert: 'ElasticsearchDown',
    does: 'stays silent while it answers and its health is green or yellow',
    series: {
      ...series('log_shipper_elasticsearch_up', shipper, gauge([30, 1])),
      ...series('elasticsearch_cluster_health_status', { ...cluster, color: 'red' }, gauge([30, 0])),
      ...series(
        'elasticsearch_cluster_health_status',
        { ...cluster, color: 'green' },
        gauge([15, 1], [15, 0]),
      ),
      ...series(
        'elasticsearch_cluster_health_status',
        { ...cluster, color: 'yellow' },
        gauge([15, 0], [15, 1]),
      ),
    },
    minutes: 30,
  },
];
