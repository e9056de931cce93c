/** Series of programs that are not ours. */
import type { ForeignMetric } from './signal.ts';

const k6RequestLabels = ['testid', 'scenario', 'name', 'method', 'status', 'expected_response'] as const;

/** Metrics of programs that aren't ours, as far as rules and panels use them. */
export const foreignMetrics = {
  up: { from: 'Prometheus', labels: [] },
  ALERTS: { from: 'Prometheus', labels: ['alertname', 'alertstate', 'severity', 'kind', 'slo', 'window'] },
  prometheus_rule_evaluation_failures_total: { from: 'Prometheus', labels: ['rule_group'] },
  prometheus_notifications_errors_total: { from: 'Prometheus', labels: ['alertmanager'] },
  prometheus_notifications_sent_total: { from: 'Prometheus', labels: ['alertmanager'] },
  prometheus_config_last_reload_successful: { from: 'Prometheus', labels: [] },
  alertmanager_notifications_failed_total: { from: 'Alertmanager', labels: ['integration', 'reason'] },
  alertmanager_notifications_total: { from: 'Alertmanager', labels: ['integration'] },
  alertmanager_config_last_reload_successful: { from: 'Alertmanager', labels: [] },
  probe_success: { from: 'blackbox exporter', labels: [] },
  probe_ssl_earliest_cert_expiry: { from: 'blackbox exporter', labels: [] },
  node_filesystem_avail_bytes: { from: 'node_exporter', labels: ['device', 'fstype', 'mountpoint'] },
  node_filesystem_size_bytes: { from: 'node_exporter', labels: ['device', 'fstype', 'mountpoint'] },
  elasticsearch_cluster_health_status: { from: 'elasticsearch_exporter', labels: ['cluster', 'color'] },
  kube_deployment_status_replicas_unavailable: {
    from: 'kube-state-metrics',
    labels: ['namespace', 'deployment'],
  },
  kube_job_failed: { from: 'kube-state-metrics', labels: ['namespace', 'job_name', 'condition'] },
  pg_stat_database_numbackends: { from: 'postgres_exporter', labels: ['datname'] },
  pg_stat_database_xact_commit: { from: 'postgres_exporter', labels: ['datname'] },
  pg_stat_database_xact_rollback: { from: 'postgres_exporter', labels: ['datname'] },
  pg_stat_database_blks_hit: { from: 'postgres_exporter', labels: ['datname'] },
  pg_stat_database_blks_read: { from: 'postgres_exporter', labels: ['datname'] },
  pg_stat_database_deadlocks: { from: 'postgres_exporter', labels: ['datname'] },
  pg_database_size_bytes: { from: 'postgres_exporter', labels: ['datname'] },
  // By remote write, so without job and instance; times are in seconds there.
  k6_vus: { from: 'k6', labels: ['testid'] },
  k6_iterations_total: { from: 'k6', labels: ['testid', 'scenario'] },
  k6_dropped_iterations_total: { from: 'k6', labels: ['testid', 'scenario'] },
  k6_checks_rate: { from: 'k6', labels: ['testid', 'scenario', 'check'] },
  k6_http_reqs_total: { from: 'k6', labels: k6RequestLabels },
  k6_http_req_duration_p50: { from: 'k6', labels: k6RequestLabels },
  k6_http_req_duration_p95: { from: 'k6', labels: k6RequestLabels },
  k6_http_req_duration_p99: { from: 'k6', labels: k6RequestLabels },
  k6_data_sent_total: { from: 'k6', labels: ['testid', 'scenario'] },
  k6_data_received_total: { from: 'k6', labels: ['testid', 'scenario'] },
} as const satisfies Record<string, ForeignMetric>;
