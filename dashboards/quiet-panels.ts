/**
 * Queries that have no data on a healthy native stack, each with the reason. `make verify` leaves them out. A reason is a
 * part that this stack does not have, or a fault that drills cause.
 */

export interface QuietPanel {
  readonly dashboard: string;
  /** Title of the panel. */
  readonly panel: string;
  /** Not given: every query of the panel. */
  readonly refIds?: readonly string[];
  readonly because: string;
  /** The job of Prometheus without which it is quiet; where that is scraped, it has to have data. */
  readonly without?: 'log-shipper' | 'postgres' | 'elasticsearch';
  /** It shows data during a fault: the fire drills prove it. */
  readonly inDrills?: true;
}

const noRedis = 'Only with REDIS_URL, which the native stack does not set.';
const noFault = 'Only during a fault: a fire drill proves it (`shows` in e2e/drills/table).';
const noPostgresExporter = 'The PostgreSQL exporter runs in compose and Kubernetes only.';
const noBackup = 'There are no backups on a machine without pg_dump 18 and python3 to fetch it.';
const noShipper =
  'No shipper where Filebeat takes its place, nor on a machine that can run no Elasticsearch.';
const noElasticsearchExporter = 'The Elasticsearch exporter runs in compose and Kubernetes only.';
const noTls = 'The native stack speaks plain HTTP; that of the fire drills has an endpoint with TLS.';

export const quietPanels: readonly QuietPanel[] = [
  { dashboard: 'api', panel: 'Rate limits shared in Redis', because: noRedis },
  { dashboard: 'api', panel: 'Top 10 routes by errors (5xx)', because: noFault, inDrills: true },
  { dashboard: 'api', panel: 'Responses by status code', refIds: ['A'], because: noFault, inDrills: true },
  { dashboard: 'alerts', panel: 'Firing and pending alerts', because: noFault, inDrills: true },
  { dashboard: 'alerts', panel: 'Alerts over time', because: noFault, inDrills: true },
  { dashboard: 'alerts', panel: 'Certificate expiry', because: noTls, inDrills: true },
  ...['Sessions', 'Transaction rate', 'Cache hit ratio', 'Database size'].map((panel) => ({
    dashboard: 'postgresql',
    panel,
    because: noPostgresExporter,
    without: 'postgres' as const,
  })),
  ...[
    'Time since last backup',
    'Time since last restore drill',
    'Backup and restore duration',
    'Backup size',
  ].map((panel) => ({ dashboard: 'postgresql', panel, because: noBackup })),
  ...[
    'Shipping lag',
    'Time since last shipped batch',
    'Time since last checkpoint',
    'Dead letters',
    'Log lines shipped',
    'Backlog in bytes',
    'Batch retries',
    'Batch duration p50 / p95',
    'Batch size p50',
    'Elasticsearch up',
  ].map((panel) => ({
    dashboard: 'log-pipeline',
    panel,
    because: noShipper,
    without: 'log-shipper' as const,
  })),
  {
    dashboard: 'log-pipeline',
    panel: 'Elasticsearch cluster health',
    because: noElasticsearchExporter,
    without: 'elasticsearch',
  },
];
