/**
 * The series that panels are tried on. Two instances of everything are selected, the second with twice the values of
 * the first, beside an instance, a job, a route and a test run that are not, so that a query that selects or adds up
 * otherwise has another result.
 */
import { metrics } from '@sightline/contract/signals.ts';
import { counter, gauge, histogram, type Labels, type Observations, type Series, steps } from './series.ts';

export const instances = ['10.0.0.1:9464', '10.0.0.2:9464'] as const;
const [first, second] = instances;

interface Target extends Labels {
  readonly job: string;
  readonly instance: string;
}

/** Those selected first; the others have values that show when they are counted. */
const targets = (job: string): readonly (readonly [Target, number])[] => [
  [{ job, instance: first }, 1],
  [{ job, instance: second }, 2],
  [{ job, instance: '10.0.0.3:9464' }, 7],
  [{ job: 'other', instance: first }, 5],
];
/** Returns the instances of a program whose panels show all of them; the third is another job. */
const allOf = (job: string) =>
  targets(job).filter(([{ instance }]) => instance === first || instance === second);

type Place = readonly (readonly [Labels, number])[];

const counters =
  (places: Place) =>
  (name: string, labels: Labels, now: number, before?: number): readonly Series[] =>
    places.map(([place, times]) =>
      counter(name, { ...place, ...labels }, now * times, before === undefined ? undefined : before * times),
    );
const gauges =
  (places: Place) =>
  (name: string, labels: Labels, value: number): readonly Series[] =>
    places.map(([place, times]) => gauge(name, { ...place, ...labels }, value * times));
/** Values of their own for the first and the second; the others have the last. */
const values =
  (places: Place) =>
  (name: string, labels: Labels, ...given: readonly number[]): readonly Series[] =>
    places.map(([place], index) => gauge(name, { ...place, ...labels }, given[index] ?? given.at(-1) ?? 0));
/** Observations of the first and the second, and before the last minute of each; the others are slow. */
const histograms =
  (places: Place) =>
  (
    name: keyof typeof metrics,
    labels: Labels,
    now: readonly [Observations, Observations],
    before: Observations,
  ): readonly Series[] => {
    const signal = metrics[name];
    const bounds: readonly number[] = 'buckets' in signal ? signal.buckets : [];
    const slowest = { [String(bounds.at(-1))]: 50 };
    return places.flatMap(([place], index) =>
      histogram(name, { ...place, ...labels }, bounds, now[index] ?? slowest, before),
    );
  };

const api = targets('todo-api');
const count = counters(api);
const set = gauges(api);
const setEach = values(api);
const observe = histograms(api);
const shipper = allOf('log-shipper');
const prometheus = allOf('prometheus');
const alertmanager = allOf('alertmanager');
const server = allOf('postgres');
const probes = allOf('blackbox');
const disks = allOf('node');
const anywhere: Place = [
  [{ job: 'x', instance: first }, 1],
  [{ job: 'x', instance: second }, 2],
];
const runs: Place = [
  [{ testid: 'run-1' }, 1],
  [{ testid: 'run-2' }, 2],
  [{ testid: 'run-3' }, 7],
];
const services: Place = [
  [{ job: 'todo-api', namespace: 'blue' }, 1],
  [{ job: 'todo-api', namespace: 'green' }, 2],
  [{ job: 'other' }, 5],
  [{ job: 'another' }, 0.2],
];

/** The recorded values of each SLO, before its factor below. */
const recorded: Readonly<Record<string, number>> = {
  'slo:sli_events_total:increase30d': 1000,
  'slo:sli_events_total:increase5m': 100,
  'slo:sli_events_good:increase5m': 90,
  'slo:error_budget_left:ratio30d': 0.1,
  'slo:error_budget_burn:ratio5m': 1.1,
  'slo:error_budget_burn:ratio30m': 1.2,
  'slo:error_budget_burn:ratio1h': 1.3,
  'slo:error_budget_burn:ratio6h': 1.4,
  'slo:error_budget_burn:ratio3d': 1.5,
};
/** Factors of the SLOs of the contract, and of a lower and a higher one that only the table of all shows. */
export const sloFactors = {
  availability: 1,
  'latency-100ms': 2,
  'latency-500ms': 3,
  'latency-slow-1s': 4,
  lower: 0.5,
  higher: 9,
} as const;

/** All of them. @param end the time of their last sample, in seconds of Unix: timestamps are before it */
export function knownSeries(end: number): readonly Series[] {
  const route = (method: string, path: string, status: string) => ({ method, route: path, status });
  const kind = (method: string, path: string, status_class: string) => ({
    method,
    route: path,
    status_class,
  });
  return [
    // Requests.
    ...count('http_requests_total', route('GET', '/v1/todos', '200'), 4),
    ...count('http_requests_total', route('GET', '/v1/todos', '404'), 0.4),
    ...count('http_requests_total', route('GET', '/v1/todos', '499'), 0.1),
    ...count('http_requests_total', route('GET', '/v1/todos', '500'), 0.04, 0),
    ...count('http_requests_total', route('POST', '/v1/todos', '201'), 1),
    ...count('http_requests_total', route('POST', '/v1/sessions', '200'), 0.2),
    ...count('http_requests_total', route('POST', '/v1/sessions', '401'), 0.1),
    ...count('http_requests_total', route('GET', '/v1/users/me', '200'), 0.8),
    ...count('http_requests_total', route('GET', '/v1/users/me', '500'), 0.01, 0),
    ...count('http_requests_total', route('GET', '/health/ready', '200'), 2),
    ...observe(
      'http_request_duration_seconds',
      kind('GET', '/v1/todos', '2xx'),
      [
        { 0.05: 3, 0.25: 0.9, 1: 0.3 },
        { 0.01: 6, 0.5: 2 },
      ],
      { 0.025: 1 },
    ),
    ...observe(
      'http_request_duration_seconds',
      kind('GET', '/v1/todos', '5xx'),
      [{ 0.005: 0.04 }, { 0.005: 0.08 }],
      {},
    ),
    ...observe(
      'http_request_duration_seconds',
      kind('POST', '/v1/sessions', '2xx'),
      [{ 0.05: 0.1, 0.5: 0.5 }, { 1: 1 }],
      { 0.1: 0.1, 0.25: 0.1 },
    ),
    ...observe(
      'http_request_duration_seconds',
      kind('GET', '/v1/users/me', '2xx'),
      [{ 0.01: 0.8 }, { 0.01: 1.6 }],
      { 0.005: 0.2 },
    ),
    ...observe(
      'http_request_duration_seconds',
      kind('DELETE', '/v1/users/me', '2xx'),
      [{ 2.5: 0.1 }, { 0.05: 0.1, 2.5: 0.2 }],
      { 2.5: 0.1 },
    ),
    ...observe(
      'http_request_duration_seconds',
      kind('GET', '/v1/users/me', '5xx'),
      [{ 0.005: 0.01 }, { 0.005: 0.02 }],
      {},
    ),
    ...observe(
      'http_request_duration_seconds',
      kind('GET', '/health/ready', '2xx'),
      [{ 0.005: 2 }, { 0.005: 4 }],
      { 0.005: 0.6 },
    ),
    ...set('http_requests_in_flight', {}, 3),
    ...count('rate_limit_rejections_total', { limiter: 'ip' }, 0.2),
    ...count('rate_limit_rejections_total', { limiter: 'user' }, 0.5),
    ...count('client_addresses_unreadable_total', { reason: 'malformed' }, 0.3),
    ...setEach('rate_limit_redis_up', {}, 1, 0),

    // What the service is for.
    ...count('todo_operations_total', { operation: 'create', outcome: 'success' }, 1),
    ...count('todo_operations_total', { operation: 'list', outcome: 'success' }, 4),
    ...count('todo_operations_total', { operation: 'create', outcome: 'failed' }, 0.3),
    ...count('todo_operations_total', { operation: 'get', outcome: 'refused' }, 0.6),
    ...count('todo_operations_total', { operation: 'update', outcome: 'refused' }, 0.1),
    ...count('idempotent_replays_total', {}, 0.05),
    ...count('auth_attempts_total', { method: 'password', outcome: 'success' }, 0.5),
    ...count('auth_attempts_total', { method: 'password', outcome: 'failure' }, 0.1),
    ...count('auth_attempts_total', { method: 'refresh_token', outcome: 'success' }, 0.7),
    ...set('password_queue_length', {}, 4),
    ...count('password_queue_rejections_total', {}, 0.02),
    ...count('maintenance_removed_rows_total', { job_name: 'audit' }, 3),
    ...setEach('maintenance_last_success_timestamp_seconds', {}, end - 90, end - 40, end - 5, end - 5),

    // The database.
    ...setEach('db_up', {}, 1, 1, 0, 0),
    ...observe('db_query_duration_seconds', { operation: 'todos.list' }, [{ 0.005: 4 }, { 0.025: 8 }], {
      0.001: 1,
    }),
    ...observe('db_query_duration_seconds', { operation: 'todos.create' }, [{ 0.1: 1 }, { 0.1: 1, 0.5: 1 }], {
      0.025: 0.3,
    }),
    ...observe('db_query_duration_seconds', { operation: 'todos.delete' }, [{ 0.001: 0.1 }, { 0.001: 0.2 }], {
      0.005: 0.1,
    }),
    ...count('db_errors_total', { kind: 'deadlock' }, 0.06),
    ...set('db_connections', { state: 'idle' }, 2),
    ...set('db_connections', { state: 'in_use' }, 5),
    ...set('db_connections_max', {}, 10),
    ...set('db_statements_in_flight', {}, 6),
    ...set('db_queue_length', {}, 8),
    ...observe('db_queue_wait_seconds', {}, [{ 0.001: 4, 0.1: 1 }, { 0.005: 8 }], { 0.025: 1 }),

    // Logs and traces.
    ...count('log_events_total', { level: 'info' }, 9),
    ...count('log_events_total', { level: 'error' }, 0.04),
    ...count('log_write_errors_total', {}, 0.1),
    ...count('callback_errors_total', { place: 'recorder' }, 0.1),
    ...count('trace_spans_started_total', {}, 7),
    ...count('trace_spans_exported_total', { outcome: 'success' }, 6),
    ...count('trace_spans_exported_total', { outcome: 'dropped' }, 1),
    ...api.map(([place, times]) =>
      gauge(
        'build_info',
        { ...place, version: `0.${times}.0`, revision: `abc${times}`, node_version: 'v26.10.0' },
        1,
      ),
    ),

    // The process. Each of the first two restarted within the hour, the first one also before.
    ...api.map(([place], index) =>
      steps(
        'process_start_time_seconds',
        place,
        [
          [
            [4200, end - 9000],
            [3900, end - 3900],
            [300, end - 300],
          ],
          [
            [4200, end - 8000],
            [2400, end - 2400],
          ],
        ][index]?.map(([age = 0, value = 0]) => [age, value] as const) ?? [
          [4200, end - 9000],
          [100, end - 100],
          [50, end - 50],
        ],
      ),
    ),
    ...count('process_cpu_seconds_total', {}, 0.3),
    ...set('process_resident_memory_bytes', {}, 100e6),
    ...setEach('process_memory_limit_bytes', {}, 500e6, 800e6),
    ...set('process_open_fds', {}, 50),
    ...setEach('process_max_fds', {}, 1000, 500),
    ...observe(
      'nodejs_eventloop_delay_seconds',
      {},
      [
        { 0.005: 40, 0.05: 2 },
        { 0.01: 40, 0.25: 2 },
      ],
      { 0.025: 40 },
    ),
    ...count('nodejs_eventloop_busy_seconds_total', {}, 0.2),
    ...observe('nodejs_gc_duration_seconds', { kind: 'minor' }, [{ 0.001: 5 }, { 0.005: 4 }], { 0.001: 1 }),
    ...observe('nodejs_gc_duration_seconds', { kind: 'major' }, [{ 0.02: 0.5 }, { 0.1: 0.25 }], {
      0.02: 0.1,
    }),
    ...set('nodejs_heap_used_bytes', { generation: 'old' }, 30e6),
    ...set('nodejs_heap_used_bytes', { generation: 'young' }, 6e6),
    ...set('nodejs_heap_total_bytes', {}, 60e6),
    ...setEach('nodejs_heap_limit_bytes', {}, 300e6, 240e6),
    ...set('nodejs_external_memory_bytes', {}, 5e6),
    ...set('nodejs_active_resources', { type: 'timeout' }, 11),
    ...set('nodejs_active_resources', { type: 'tcp_connection' }, 20),

    // The log shipper and Elasticsearch.
    ...gauges(shipper)('log_shipper_lag_bytes', {}, 1000),
    ...gauges(shipper)('log_shipper_lag_seconds', {}, 4),
    ...counters(shipper)('log_shipper_lines_total', { outcome: 'shipped' }, 9),
    ...counters(shipper)('log_shipper_lines_total', { outcome: 'dead_lettered' }, 0.2),
    ...counters(shipper)('log_shipper_retries_total', { reason: 'throttled' }, 0.5),
    ...histograms(shipper)('log_shipper_batch_lines', {}, [{ 10: 1 }, { 100: 3 }], { 500: 1 }),
    ...histograms(shipper)('log_shipper_batch_duration_seconds', {}, [{ 0.1: 1 }, { 0.5: 3 }], { 5: 1 }),
    ...values(shipper)('log_shipper_last_success_timestamp_seconds', {}, end - 20, end - 7, end - 500),
    ...values(shipper)('log_shipper_checkpoint_timestamp_seconds', {}, end - 30, end - 9, end - 500),
    ...values(shipper)('log_shipper_elasticsearch_up', {}, 1, 0),
    ...values(allOf('elasticsearch'))('elasticsearch_cluster_health_status', { color: 'green' }, 1, 0, 0),
    ...values(allOf('elasticsearch'))('elasticsearch_cluster_health_status', { color: 'red' }, 0, 0, 1),

    // Alerts, and those who tell of them.
    ...(
      [
        ['SLOErrorBudgetBurn', 'page', 'firing', { slo: 'availability' }],
        ['ProbeFailing', 'page', 'firing', {}],
        ['EventLoopLag', 'ticket', 'firing', { instance: first }],
        ['EventLoopLag', 'ticket', 'firing', { instance: second }],
        ['DiskFilling', 'ticket', 'firing', {}],
        ['SlowQueries', 'ticket', 'pending', {}],
        ['TargetDown', 'page', 'pending', {}],
        ['Watchdog', 'none', 'firing', {}],
      ] as const
    ).map(([alertname, severity, alertstate, more]) =>
      gauge('ALERTS', { alertname, severity, alertstate, ...more }, 1),
    ),
    ...values(api)('up', {}, 1, 1, 1, 1),
    ...values(prometheus.slice(0, 2))('up', {}, 1, 0),
    ...values(probes)('probe_success', {}, 1, 0, 0),
    ...values(probes)(
      'probe_ssl_earliest_cert_expiry',
      {},
      end + 20 * 86_400,
      end + 30 * 86_400,
      end + 86_400,
    ),
    ...[
      { device: 'sda', fstype: 'ext4', mountpoint: '/' },
      { device: 'shm', fstype: 'tmpfs', mountpoint: '/tmp' },
    ].flatMap((disk, index) => [
      ...values(disks)('node_filesystem_avail_bytes', disk, index === 0 ? 40 : 1, 30, 2),
      ...values(disks)('node_filesystem_size_bytes', disk, 100, 100, 100),
    ]),
    ...values(anywhere)('watchdog_last_received_timestamp_seconds', {}, end - 50, end - 250),
    ...values(prometheus)('prometheus_config_last_reload_successful', {}, 1, 0, 0),
    ...values(alertmanager)('alertmanager_config_last_reload_successful', { pod: 'am' }, 1, 1, 0),
    ...counters(prometheus)('prometheus_rule_evaluation_failures_total', { rule_group: 'slo' }, 0.2),
    ...counters(prometheus)('prometheus_notifications_sent_total', { alertmanager: 'am' }, 0.6),
    ...counters(prometheus)('prometheus_notifications_errors_total', { alertmanager: 'am' }, 0.1),
    ...counters(alertmanager)('alertmanager_notifications_total', { integration: 'webhook' }, 0.4),
    ...counters(alertmanager)(
      'alertmanager_notifications_failed_total',
      { integration: 'webhook', reason: 'other' },
      0.3,
    ),

    // The database server and its backups.
    ...['todos', 'postgres'].flatMap((datname) => [
      ...gauges(server)('pg_stat_database_numbackends', { datname }, 12),
      ...counters(server)('pg_stat_database_xact_commit', { datname }, 30),
      ...counters(server)('pg_stat_database_xact_rollback', { datname }, 2),
      ...counters(server)('pg_stat_database_deadlocks', { datname }, 0.1),
      ...counters(server)('pg_stat_database_blks_hit', { datname }, 90, 10),
      ...counters(server)('pg_stat_database_blks_read', { datname }, 10, 40),
      ...gauges(server)('pg_database_size_bytes', { datname }, 7e9),
    ]),
    ...values(anywhere)('backup_last_success_timestamp_seconds', {}, end - 7200, end - 3600),
    ...values(anywhere)('restore_drill_last_success_timestamp_seconds', {}, end - 86_400, end - 43_200),
    ...gauges(anywhere)('backup_last_duration_seconds', {}, 70),
    ...gauges(anywhere)('restore_drill_last_duration_seconds', {}, 300),
    ...gauges(anywhere)('backup_last_size_bytes', {}, 2e9),

    // What the recording rules say.
    ...Object.entries(sloFactors).flatMap(([slo, factor]) => [
      ...Object.entries(recorded).flatMap(([name, value]) => gauges(services)(name, { slo }, value * factor)),
      ...values(services)(
        'slo:sli_events_good:increase30d',
        { slo },
        ...[990, 1960, 5000, 200].map((value) => value * factor),
      ),
    ]),

    // k6.
    ...gauges(runs)('k6_vus', {}, 20),
    ...counters(runs)('k6_iterations_total', { scenario: 'read' }, 2),
    ...counters(runs)('k6_dropped_iterations_total', { scenario: 'read' }, 0.5),
    ...values(runs)('k6_checks_rate', { check: 'is 200' }, 1, 0.98, 0.1),
    ...counters(runs)('k6_http_reqs_total', { name: 'list', expected_response: 'true' }, 8),
    ...counters(runs)('k6_http_reqs_total', { name: 'list', expected_response: 'false' }, 0.2, 0.2),
    ...gauges(runs)('k6_http_req_duration_p50', { name: 'list' }, 0.01),
    ...gauges(runs)('k6_http_req_duration_p95', { name: 'list' }, 0.05),
    ...gauges(runs)('k6_http_req_duration_p99', { name: 'list' }, 0.08),
    ...gauges(runs)('k6_http_req_duration_p99', { name: 'log in' }, 0.2),
    ...counters(runs)('k6_data_sent_total', { scenario: 'read' }, 1000),
    ...counters(runs)('k6_data_received_total', { scenario: 'read' }, 5000),
  ];
}
