/**
 * The signal contract: every metric, log field, log event and SLO of the service. Instruments and log lines take
 * their names and labels from here by type; alerts, dashboards, the Elasticsearch mapping and docs/signals.md are
 * made from it by `make generate`. Nothing else names a signal.
 */
import { databaseErrorKinds, statementNames } from './database.ts';
import type { ForeignMetric, LogEvent, LogField, MetricSignal, Selectors, Slo } from './signal.ts';

/** Name of the service: `service.name` in logs and traces, `job` in Prometheus. */
export const serviceName = 'todo-api';

/**
 * What stands for the route of a request that no route takes, so that a scanner can't make series.
 */
export const unmatchedRoute = 'unmatched';

const routes = { boundedBy: 'the declared routes and "unmatched"', most: 40 } as const;
const timedRoutes = {
  boundedBy: 'the declared routes of the SLOs, and "other" for all others',
  most: 40,
} as const;
/**
 * The method of the route that took the request: a HEAD that a GET answers is GET here, and itself in the log.
 */
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'other'] as const;
const emptyLabels = {} as const;

export const metrics = {
  // Rate, errors, duration.
  http_requests_total: {
    type: 'counter',
    help: 'Requests answered, by route template. Status 499 is a client that went away first, on no side of an SLO.',
    unit: 'count of requests',
    emitter: 'api',
    labels: {
      method: methods,
      route: routes,
      status: { boundedBy: 'the statuses that routes and problems declare', most: 25 },
    },
    initialised: 'routes',
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the arrival of the header to the last byte of the answer; not of requests whose client went away.',
    unit: 'seconds',
    emitter: 'api',
    labels: { method: methods, route: timedRoutes, status_class: ['2xx', '3xx', '4xx', '5xx'] },
    // 0.1, 0.5 and 1 are thresholds of SLOs.
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    exemplars: true,
    initialised: 'routes',
  },
  http_requests_in_flight: {
    type: 'gauge',
    help: 'Requests that have arrived and are not answered yet.',
    unit: 'count of requests',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  rate_limit_rejections_total: {
    type: 'counter',
    help: 'Requests refused with 429, by the limit they were over; password_queue is the share of an address in the log-ins in progress.',
    unit: 'count of requests',
    emitter: 'api',
    labels: {
      limiter: ['ip', 'sessions', 'user', 'password', 'account', 'account_network', 'password_queue'],
    },
    initialised: 'all',
  },
  client_addresses_unreadable_total: {
    type: 'counter',
    help: 'Requests of which a trusted proxy names no client: malformed is no address, hidden kept on purpose.',
    unit: 'count of requests',
    emitter: 'api',
    labels: { reason: ['malformed', 'hidden'] },
    initialised: 'all',
  },
  rate_limit_redis_up: {
    type: 'gauge',
    help: 'Whether limits are counted in Redis (1) or, while it is away, in memory by each instance for itself (0).',
    unit: 'bool',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'none',
    onlyWith: 'REDIS_URL',
  },

  // What the service is for.
  todo_operations_total: {
    type: 'counter',
    help: 'Operations on todos: refused is a fault of the request, failed is ours.',
    unit: 'count of operations',
    emitter: 'api',
    labels: {
      operation: ['create', 'create_batch', 'get', 'list', 'update', 'delete', 'restore', 'history'],
      outcome: ['success', 'refused', 'failed'],
    },
    initialised: 'all',
  },
  idempotent_replays_total: {
    type: 'counter',
    help: 'Requests answered with the kept answer of an earlier request with the same Idempotency-Key.',
    unit: 'count of requests',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  auth_attempts_total: {
    type: 'counter',
    help: 'Log-ins by password and refreshes by token; replayed is a refresh token that came twice, refused a password that nobody looked at, since too many wrong ones came for its account, or too many at once from its address.',
    unit: 'count of attempts',
    emitter: 'api',
    labels: {
      method: ['password', 'refresh_token'],
      outcome: ['success', 'failure', 'replayed', 'refused', 'error'],
    },
    initialised: 'all',
  },
  password_queue_length: {
    type: 'gauge',
    help: 'Log-ins and registrations that wait for their password hash.',
    unit: 'count of requests',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  password_queue_rejections_total: {
    type: 'counter',
    help: 'Log-ins and registrations refused with 503, since too many of many addresses wait for their password hash.',
    unit: 'count of requests',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  maintenance_removed_rows_total: {
    type: 'counter',
    help: 'Rows that background jobs removed because they had been kept long enough.',
    unit: 'count of rows',
    emitter: 'api',
    labels: { job_name: ['audit', 'idempotency', 'sessions', 'networks'] },
    initialised: 'all',
  },
  maintenance_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When this instance last went through all background jobs.',
    unit: 'unix_seconds',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'none',
  },

  // Utilisation, saturation, errors of the database.
  db_up: {
    type: 'gauge',
    help: 'Whether the database answered the last look at it.',
    unit: 'bool',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  db_query_duration_seconds: {
    type: 'histogram',
    help: 'From sending a statement to its answer, by the name that the statement carries as a comment.',
    unit: 'seconds',
    emitter: 'api',
    labels: { operation: statementNames },
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
    initialised: 'all',
  },
  db_errors_total: {
    type: 'counter',
    help: 'Statements and connections that failed.',
    unit: 'count of errors',
    emitter: 'api',
    labels: { kind: databaseErrorKinds },
    initialised: 'all',
  },
  db_connections: {
    type: 'gauge',
    help: 'Open connections to the database.',
    unit: 'count of connections',
    emitter: 'api',
    labels: { state: ['idle', 'in_use'] },
    initialised: 'all',
  },
  db_connections_max: {
    type: 'gauge',
    help: 'Most connections to the database that are opened.',
    unit: 'count of connections',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  db_statements_in_flight: {
    type: 'gauge',
    help: 'Statements sent and not answered yet.',
    unit: 'count of statements',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  db_queue_wait_seconds: {
    type: 'histogram',
    help: 'How long a statement or transaction waited for a connection.',
    unit: 'seconds',
    emitter: 'api',
    labels: emptyLabels,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
    initialised: 'all',
  },
  db_queue_length: {
    type: 'gauge',
    help: 'Statements and transactions that wait for a connection.',
    unit: 'count of statements',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },

  // The signals themselves.
  log_events_total: {
    type: 'counter',
    help: 'Log lines written.',
    unit: 'count of lines',
    emitter: 'api',
    labels: { level: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] },
    initialised: 'all',
  },
  callback_errors_total: {
    type: 'counter',
    help: 'Errors in listeners, timers and other callbacks, where nothing but a guard keeps them from ending the process.',
    unit: 'count of errors',
    emitter: 'api',
    labels: {
      place: [
        'connection',
        'recorder',
        'late_work',
        'after_commit',
        'statement_listener',
        'database_monitor',
        'maintenance',
        'redis',
        'span',
        'log',
        'log_copy',
        'runtime_metrics',
        'scrape',
        'log_level',
        'fault',
      ],
    },
    initialised: 'all',
  },
  log_write_errors_total: {
    type: 'counter',
    help: 'Writes of log lines to stdout that failed; the lines in them are lost.',
    unit: 'count of errors',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  trace_spans_started_total: {
    type: 'counter',
    help: 'Spans made: none for requests that are not sampled.',
    unit: 'count of spans',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  trace_spans_exported_total: {
    type: 'counter',
    help: 'Spans sent to the trace collector, or lost on the way there.',
    unit: 'count of spans',
    emitter: 'api',
    labels: { outcome: ['success', 'failure', 'dropped'] },
    initialised: 'all',
  },
  build_info: {
    type: 'gauge',
    help: 'What runs here; always 1.',
    unit: 'bool',
    emitter: 'api',
    labels: {
      version: { boundedBy: 'the release', most: 1 },
      revision: { boundedBy: 'the release', most: 1 },
      node_version: { boundedBy: 'the release', most: 1 },
    },
    initialised: 'none',
  },

  // The process.
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of the process, user and system.',
    unit: 'seconds',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started.',
    unit: 'unix_seconds',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Physical memory of the process.',
    unit: 'bytes',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  process_memory_limit_bytes: {
    type: 'gauge',
    help: 'Memory that the process may take: the limit of its control group, or of the machine.',
    unit: 'bytes',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  process_open_fds: {
    type: 'gauge',
    help: 'Open file descriptors: files, sockets, pipes.',
    unit: 'count of descriptors',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'none',
    onlyWith: 'Linux',
  },
  process_max_fds: {
    type: 'gauge',
    help: 'Most file descriptors that the process may open.',
    unit: 'count of descriptors',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'none',
    onlyWith: 'Linux',
  },
  nodejs_eventloop_delay_seconds: {
    type: 'histogram',
    help: 'How late a timer of every 20 ms fires; a long delay counts as all the timers that it kept from firing.',
    unit: 'seconds',
    emitter: 'api',
    labels: emptyLabels,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    initialised: 'all',
  },
  nodejs_eventloop_busy_seconds_total: {
    type: 'counter',
    help: 'Time that the event loop spent running code instead of waiting for events.',
    unit: 'seconds',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  nodejs_gc_duration_seconds: {
    type: 'histogram',
    help: 'Pauses of the garbage collector.',
    unit: 'seconds',
    emitter: 'api',
    labels: { kind: ['minor', 'major', 'incremental', 'weakcb'] },
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5],
    initialised: 'all',
  },
  nodejs_heap_used_bytes: {
    type: 'gauge',
    help: "V8's heap in use: what lasts is in the old generation.",
    unit: 'bytes',
    emitter: 'api',
    labels: { generation: ['young', 'old'] },
    initialised: 'all',
  },
  nodejs_heap_total_bytes: {
    type: 'gauge',
    help: "V8's heap allocated.",
    unit: 'bytes',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  nodejs_heap_limit_bytes: {
    type: 'gauge',
    help: "What the old generation of V8's heap may take; a process that needs more is ended by V8.",
    unit: 'bytes',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  nodejs_external_memory_bytes: {
    type: 'gauge',
    help: "Memory outside V8's heap that its objects hold, buffers above all.",
    unit: 'bytes',
    emitter: 'api',
    labels: emptyLabels,
    initialised: 'all',
  },
  nodejs_active_resources: {
    type: 'gauge',
    help: 'What keeps the event loop alive.',
    unit: 'count of resources',
    emitter: 'api',
    labels: { type: ['tcp_connection', 'tcp_server', 'timeout', 'file_request', 'other'] },
    initialised: 'all',
  },

  // The log shipper.
  log_shipper_lag_bytes: {
    type: 'gauge',
    help: 'Bytes of log files that are not in Elasticsearch yet.',
    unit: 'bytes',
    emitter: 'log-shipper',
    labels: emptyLabels,
    initialised: 'all',
  },
  log_shipper_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest line that is not in Elasticsearch yet; 0 when all are.',
    unit: 'seconds',
    emitter: 'log-shipper',
    labels: emptyLabels,
    initialised: 'all',
  },
  log_shipper_lines_total: {
    type: 'counter',
    help: 'Lines that left the shipper: a duplicate was in Elasticsearch already.',
    unit: 'count of lines',
    emitter: 'log-shipper',
    labels: { outcome: ['shipped', 'duplicate', 'dead_lettered'] },
    initialised: 'all',
  },
  log_shipper_retries_total: {
    type: 'counter',
    help: 'Batches sent again.',
    unit: 'count of batches',
    emitter: 'log-shipper',
    labels: { reason: ['connection', 'timeout', 'throttled', 'server_error'] },
    initialised: 'all',
  },
  log_shipper_batch_lines: {
    type: 'histogram',
    help: 'Lines of a batch.',
    unit: 'count of lines',
    emitter: 'log-shipper',
    labels: emptyLabels,
    buckets: [1, 10, 100, 500, 1000, 5000],
    initialised: 'all',
  },
  log_shipper_batch_duration_seconds: {
    type: 'histogram',
    help: 'From sending a batch to its answer.',
    unit: 'seconds',
    emitter: 'log-shipper',
    labels: emptyLabels,
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    initialised: 'all',
  },
  log_shipper_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When Elasticsearch last took a batch, or answered with none to send.',
    unit: 'unix_seconds',
    emitter: 'log-shipper',
    labels: emptyLabels,
    initialised: 'all',
  },
  log_shipper_checkpoint_timestamp_seconds: {
    type: 'gauge',
    help: 'When the shipper last wrote down how far it is.',
    unit: 'unix_seconds',
    emitter: 'log-shipper',
    labels: emptyLabels,
    initialised: 'all',
  },
  log_shipper_elasticsearch_up: {
    type: 'gauge',
    help: 'Whether Elasticsearch answered the last request to it.',
    unit: 'bool',
    emitter: 'log-shipper',
    labels: emptyLabels,
    initialised: 'all',
  },

  // The catcher of webhooks, which is the dead-man's switch.
  watchdog_last_received_timestamp_seconds: {
    type: 'gauge',
    help: 'When Watchdog, the alert that always fires, last arrived through Prometheus and Alertmanager.',
    unit: 'unix_seconds',
    emitter: 'alert-webhook',
    labels: emptyLabels,
    initialised: 'none',
  },

  // Backups.
  backup_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'Of what moment the newest complete backup is.',
    unit: 'unix_seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_last_duration_seconds: {
    type: 'gauge',
    help: 'How long the last successful backup took.',
    unit: 'seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_last_size_bytes: {
    type: 'gauge',
    help: 'Size of the last successful backup.',
    unit: 'bytes',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_dated_ahead: {
    type: 'gauge',
    help: 'Backups, and results of restore drills, that are dated in the future, or by no time: they count as nothing.',
    unit: 'count of backups and results',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  backup_refused: {
    type: 'gauge',
    help: 'Backups, and results of restore drills, that are not signed by a known key: nothing of them is used.',
    unit: 'count of backups and results',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  restore_drill_success: {
    type: 'gauge',
    help: 'Whether the last restore drill found the backup complete: 1, or 0.',
    unit: 'bool',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  restore_drill_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When a backup was last restored, and found complete, as a drill.',
    unit: 'unix_seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
  restore_drill_last_duration_seconds: {
    type: 'gauge',
    help: 'How long the last successful restore drill took.',
    unit: 'seconds',
    emitter: 'backup',
    labels: emptyLabels,
    initialised: 'none',
  },
} as const satisfies Record<string, MetricSignal>;

/** Routes whose requests the SLOs are about; health, metrics and documentation are in none. */
const apiRoute = '/v1/.+|/[.]well-known/jwks[.]json';
const slowRoute = '/v1/users|/v1/users/me/password|/v1/todos/batch';
/** Reads by GET are fast, all else that they take hashes a password. */
const mixedRoute = '/v1/users/me|/v1/sessions';

const ofApi = new RegExp(`^(?:${apiRoute})$`);
/** The label of a request's duration: a histogram is many series, and no SLO is about documentation and health. */
export const timedRoute = (route: string): string => (ofApi.test(route) ? route : 'other');

/** Each route of the API is in `api`, and in exactly one of the others. */
export const routeClasses = {
  api: [[['route', '=~', apiRoute]]],
  /** Hash a password or write up to 100 todos at once. */
  slow: [
    [['route', '=~', slowRoute]],
    [
      ['route', '=~', mixedRoute],
      ['method', '!=', 'GET'],
    ],
  ],
  /** Reads and single writes. */
  fast: [
    [
      ['route', '=~', apiRoute],
      ['route', '!~', `${slowRoute}|${mixedRoute}`],
    ],
    [
      ['route', '=~', mixedRoute],
      ['method', '=', 'GET'],
    ],
  ],
} as const satisfies Record<string, Selectors>;

const answered = { metric: 'http_request_duration_seconds_count', matchers: [] } as const;

/** Good is an answer that is no 5xx and took this long at most. Prometheus 3 writes the bound 1 as 1.0. */
const answeredWithin = (seconds: (typeof metrics.http_request_duration_seconds.buckets)[number]) =>
  ({
    metric: 'http_request_duration_seconds_bucket',
    matchers: [
      ['status_class', '!=', '5xx'],
      ['le', '=~', Number.isInteger(seconds) ? `${seconds}|${seconds}[.]0` : String(seconds)],
    ],
  }) as const;

export const slos = {
  availability: {
    about: 'Requests that get an answer which is no 5xx.',
    objective: 0.999,
    windowDays: 30,
    routeClass: 'api',
    total: { metric: 'http_requests_total', matchers: [['status', '!=', '499']] },
    good: { metric: 'http_requests_total', matchers: [['status', '!~', '499|5..']] },
    leastBadEvents: 5,
  },
  'latency-100ms': {
    about: 'Reads and single writes answered well within 100 ms.',
    objective: 0.99,
    windowDays: 30,
    routeClass: 'fast',
    total: answered,
    good: answeredWithin(0.1),
    leastBadEvents: 10,
  },
  'latency-500ms': {
    about: 'Reads and single writes answered well within 500 ms.',
    objective: 0.999,
    windowDays: 30,
    routeClass: 'fast',
    total: answered,
    good: answeredWithin(0.5),
    leastBadEvents: 5,
  },
  'latency-slow-1s': {
    about: 'Log-ins, registrations, erasures and batches answered well within 1 s.',
    objective: 0.99,
    windowDays: 30,
    routeClass: 'slow',
    total: answered,
    good: answeredWithin(1),
    leastBadEvents: 10,
  },
} as const satisfies Record<string, Slo>;

/** Why no saved search of Kibana uses a field. */
const inEveryLine = 'It tells a program what the line is; whoever searches gets it with each line.';
const ofOneEvent = 'It belongs to an event that is read line by line, whole, by its event.action.';

/** Fields of ECS under their own names; what ECS lacks is under `labels`. */
export const logFields = {
  // Of every line.
  '@timestamp': { type: 'date', about: 'When.', example: '2026-11-21T10:00:00.123Z' },
  'ecs.version': {
    type: 'keyword',
    about: 'The version of ECS that these fields follow.',
    example: '9.2.0',
    unusedBecause: inEveryLine,
  },
  'service.name': {
    type: 'keyword',
    about: 'The service.',
    example: serviceName,
    unusedBecause: inEveryLine,
  },
  'service.version': { type: 'keyword', about: 'Its release.', example: '0.1.0' },
  'service.node.name': {
    type: 'keyword',
    about: 'The instance: host name and process.',
    example: 'todo-api-7c9f:1',
  },
  'event.id': {
    type: 'keyword',
    about:
      "The line's own: boot id and sequence number. It is the document's _id, so that a resend is no double.",
    example: '0193f5e08c007d2a9b4e2f6c-42',
    unusedBecause: inEveryLine,
  },
  'event.sequence': {
    type: 'long',
    about: 'Counts the lines of a process from 1; a gap is a lost line.',
    example: 42,
  },
  'log.level': { type: 'keyword', about: 'How bad.', example: 'info' },
  'event.action': {
    type: 'keyword',
    about: 'What happened: one of the log events below.',
    example: 'request',
  },
  message: { type: 'match_only_text', about: 'The same for people.', example: 'GET /v1/todos 200' },

  // Of the lines of a request.
  'http.request.id': {
    type: 'keyword',
    about:
      'X-Request-Id of request and answer; in each line and each problem document of the request. A client can choose it.',
    example: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
  },
  'transaction.id': {
    type: 'keyword',
    about:
      'The same unless the client chose that one: made by the service for each request, and the request_id of the audit events.',
    example: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
  },
  'trace.id': {
    type: 'keyword',
    about: 'The trace that the request belongs to.',
    example: '4bf92f3577b34da6a3ce929d0e0e4736',
  },
  'span.id': { type: 'keyword', about: "The request's own span.", example: '00f067aa0ba902b7' },
  'user.id': {
    type: 'keyword',
    about: 'Whose access token it was, or who logged in.',
    example: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70',
    personal: 'pseudonym',
  },

  // Of the access line.
  'http.request.method': { type: 'keyword', about: 'As sent.', example: 'GET' },
  'http.response.status_code': {
    type: 'long',
    about: 'As answered; 499 when the client went away first.',
    example: 200,
  },
  'url.path': {
    type: 'wildcard',
    about: 'The path; parts that are neither of a route nor a UUID are masked.',
    example: '/v1/todos/01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70',
  },
  'event.duration': {
    type: 'long',
    about: 'From the header to the last byte of the answer, in nanoseconds.',
    example: 12345678,
    format: 'nanoseconds',
  },
  'event.outcome': { type: 'keyword', about: 'success, failure or unknown.', example: 'success' },
  'client.ip': {
    type: 'ip',
    about: 'The network of the client: the first 24 bits of an IPv4 address, 48 of an IPv6 address.',
    example: '203.0.113.0',
    personal: 'truncated',
  },
  'labels.route': {
    type: 'keyword',
    about: 'The route template, as in the metrics (http.route is of OpenTelemetry, not of ECS).',
    example: '/v1/todos/:id',
  },
  'labels.query_names': {
    type: 'keyword',
    about: 'Names of the query parameters, unknown ones as *; never a value.',
    example: ['limit', 'status'],
  },
  'labels.limiter': { type: 'keyword', about: 'The rate limit that refused the request.', example: 'user' },

  // Where the time of a slow request went, in milliseconds.
  'labels.database_ms': {
    type: 'double',
    about: 'Waiting for answers of the database, in milliseconds.',
    example: 412.5,
    format: 'milliseconds',
  },
  'labels.queue_ms': {
    type: 'double',
    about: 'Waiting for a connection to the database, in milliseconds.',
    example: 80.1,
    format: 'milliseconds',
  },
  'labels.rest_ms': {
    type: 'double',
    about: 'All else, in milliseconds.',
    example: 3.2,
    format: 'milliseconds',
  },
  'labels.statements': { type: 'long', about: 'Statements sent to the database.', example: 2 },

  // Of an error.
  'error.type': { type: 'keyword', about: 'Class of the error.', example: 'DatabaseError' },
  'error.code': { type: 'keyword', about: 'SQLSTATE or the code of the system.', example: '57P03' },
  'error.message': {
    type: 'match_only_text',
    about: 'Its message, without anything that the client sent.',
    example: 'the database system is shutting down',
  },
  'error.stack_trace': {
    type: 'wildcard',
    about: 'Its stack and those of its causes.',
    example: 'DatabaseError: …',
  },

  // Of the audit trail.
  'event.category': {
    type: 'keyword',
    about: 'Only on lines of the audit trail.',
    example: ['authentication'],
  },
  'labels.session_id': {
    type: 'keyword',
    about: 'The session (refresh token family).',
    example: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d71',
    personal: 'pseudonym',
  },
  'labels.todo_id': {
    type: 'keyword',
    about: 'The todo that was changed.',
    example: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d72',
  },
  'labels.todo_count': { type: 'long', about: 'How many todos were created at once.', example: 12 },
  'labels.changed_fields': {
    type: 'keyword',
    about: 'Names of the fields that were set.',
    example: ['status'],
  },

  // Of what the log shipper changed.
  'labels.cut_bytes': {
    type: 'long',
    about: 'Length in bytes of a line that was too long, of which only the beginning is here.',
    example: 300_000,
    unusedBecause: ofOneEvent,
  },

  // Of what the process does by itself.
  'log.logger': {
    type: 'keyword',
    about: 'The part that writes the line.',
    example: 'database',
    unusedBecause: ofOneEvent,
  },
  'event.reason': { type: 'keyword', about: 'Why, in words of ours.', example: 'SIGTERM' },
  'labels.port': { type: 'long', about: 'Port of the API.', example: 3000, unusedBecause: ofOneEvent },
  'labels.management_port': {
    type: 'long',
    about: 'Port of the management server.',
    example: 9464,
    unusedBecause: ofOneEvent,
  },
  'labels.node_version': {
    type: 'keyword',
    about: 'Version of Node.js.',
    example: '26.10.0',
    unusedBecause: ofOneEvent,
  },
  'labels.drain_delay_ms': {
    type: 'long',
    about: 'How long new requests are still taken, in milliseconds.',
    example: 5000,
    format: 'milliseconds',
    unusedBecause: ofOneEvent,
  },
  'labels.place': {
    type: 'keyword',
    about: 'The kind of callback, as in the metric callback_errors_total.',
    example: 'recorder',
    unusedBecause: ofOneEvent,
  },
  'labels.connections_cut': {
    type: 'long',
    about: 'Connections that had to be cut.',
    example: 0,
    unusedBecause: ofOneEvent,
  },
  'labels.rows': { type: 'long', about: 'Rows removed.', example: 1000, unusedBecause: ofOneEvent },
  'labels.job_name': {
    type: 'keyword',
    about: 'The background job.',
    example: 'audit',
    unusedBecause: ofOneEvent,
  },
  'labels.lines_lost': {
    type: 'long',
    about: 'Log lines that could not be written since the last line.',
    example: 3,
    unusedBecause: ofOneEvent,
  },
  'labels.migrations': {
    type: 'keyword',
    about: 'Migrations that were run.',
    example: ['001_create_users'],
    unusedBecause: ofOneEvent,
  },
  'labels.direction': { type: 'keyword', about: 'up or down.', example: 'up', unusedBecause: ofOneEvent },
  'labels.log_level': {
    type: 'keyword',
    about: 'The level from now on.',
    example: 'debug',
    unusedBecause: ofOneEvent,
  },
  'labels.previous_log_level': {
    type: 'keyword',
    about: 'The level until now.',
    example: 'info',
    unusedBecause: ofOneEvent,
  },
  'labels.seconds': {
    type: 'long',
    about: 'For how long, in seconds; for good without.',
    example: 600,
    unusedBecause: ofOneEvent,
  },
  'labels.faults': {
    type: 'keyword',
    about: 'The kinds of faults that are injected from now on; none when they end.',
    example: ['requests', 'heap'],
    unusedBecause: ofOneEvent,
  },
  'labels.profile': { type: 'keyword', about: 'cpu or heap.', example: 'cpu', unusedBecause: ofOneEvent },
} as const satisfies Record<string, LogField>;

export type LogFieldName = keyof typeof logFields;

/** Every line may have these, those of a request from `http.request.id` on. */
export const commonFields = [
  '@timestamp',
  'ecs.version',
  'service.name',
  'service.version',
  'service.node.name',
  'event.id',
  'event.sequence',
  'log.level',
  'event.action',
  'event.category',
  'message',
  'log.logger',
  'http.request.id',
  'transaction.id',
  'trace.id',
  'span.id',
  'user.id',
  'client.ip',
] as const satisfies readonly LogFieldName[];

const error = ['error.type', 'error.code', 'error.message', 'error.stack_trace'] as const;

/** Why no saved search of Kibana names an event. */
const seenByItsRequest = 'It is read among the lines of its request; alone it is no fault of ours.';
const ofTheProcess =
  'It tells what a process did by itself; what of it matters at once has a metric and an alert.';
const ofDevelopment = 'It comes from a switch for development, which reads it on stdout.';

/** Everything that can be logged, by `event.action`. */
export const logEvents = {
  request: {
    level: 'info',
    message: 'request',
    emitter: 'api',
    fields: [
      'http.request.method',
      'http.response.status_code',
      'url.path',
      'event.duration',
      'event.outcome',
      'labels.route',
      'labels.query_names',
      'labels.limiter',
    ],
  },
  'management-request': {
    level: 'debug',
    message: 'request to the management server',
    emitter: 'api',
    fields: [
      'http.request.method',
      'http.response.status_code',
      'url.path',
      'event.duration',
      'event.outcome',
      'labels.route',
    ],
    unusedBecause: seenByItsRequest,
  },
  'request-slow': {
    level: 'warn',
    message: 'The request was slow.',
    emitter: 'api',
    fields: [
      'event.duration',
      'labels.route',
      'labels.database_ms',
      'labels.queue_ms',
      'labels.rest_ms',
      'labels.statements',
    ],
  },
  'request-failed': {
    level: 'error',
    message: 'The request failed by a fault that is not its own.',
    emitter: 'api',
    fields: ['labels.route', ...error],
  },
  'request-failed-late': {
    level: 'warn',
    message: 'Work on the request failed after its answer was due.',
    emitter: 'api',
    fields: ['labels.route', ...error],
    unusedBecause: seenByItsRequest,
  },
  'answer-not-sent': {
    level: 'warn',
    message: 'The answer could not be sent.',
    emitter: 'api',
    fields: error,
    unusedBecause: seenByItsRequest,
  },
  'request-malformed': {
    level: 'warn',
    message: 'Bytes came that are no HTTP request.',
    emitter: 'api',
    fields: ['http.response.status_code', 'error.code'],
    unusedBecause: seenByItsRequest,
  },

  'client-address-unreadable': {
    level: 'warn',
    message: 'A trusted proxy names no client that can be read: all such clients count as that proxy.',
    emitter: 'api',
    fields: ['event.reason'],
    unusedBecause: 'It is said once a minute; the metric tells how often, and a panel shows it.',
  },
  'connection-dropped': {
    level: 'warn',
    message: 'A connection was reset, since there are too many beside those that MAX_CONNECTIONS takes.',
    emitter: 'api',
    fields: [],
    unusedBecause: seenByItsRequest,
  },

  // The audit trail.
  'user-registered': {
    level: 'info',
    message: 'A user registered.',
    emitter: 'api',
    category: 'iam',
    fields: ['event.outcome'],
  },
  'user-erased': {
    level: 'info',
    message: 'A user was erased, with all that was theirs.',
    emitter: 'api',
    category: 'iam',
    fields: ['event.outcome'],
  },
  'logged-in': {
    level: 'info',
    message: 'A user logged in.',
    emitter: 'api',
    category: 'authentication',
    fields: ['event.outcome', 'labels.session_id'],
  },
  'log-in-failed': {
    level: 'warn',
    message: 'A log-in failed.',
    emitter: 'api',
    category: 'authentication',
    fields: ['event.outcome', 'event.reason'],
  },
  'password-refused': {
    level: 'warn',
    message: 'A password was not looked at: too many wrong ones came for its account.',
    emitter: 'api',
    category: 'authentication',
    fields: ['event.outcome', 'labels.limiter'],
  },
  'session-refreshed': {
    level: 'info',
    message: 'A session was refreshed.',
    emitter: 'api',
    category: 'session',
    fields: ['event.outcome', 'labels.session_id'],
  },
  'refresh-failed': {
    level: 'warn',
    message: 'A refresh token was not valid.',
    emitter: 'api',
    category: 'session',
    fields: ['event.outcome'],
  },
  'refresh-token-replayed': {
    level: 'warn',
    message: 'A refresh token came twice: its session is revoked.',
    emitter: 'api',
    category: 'session',
    fields: ['event.outcome', 'labels.session_id'],
  },
  'logged-out': {
    level: 'info',
    message: 'A user logged out.',
    emitter: 'api',
    category: 'session',
    fields: ['event.outcome', 'labels.session_id'],
  },
  'session-ended': {
    level: 'info',
    message: 'A session was ended, by none of its own tokens.',
    emitter: 'api',
    category: 'session',
    fields: ['event.outcome', 'event.reason', 'labels.session_id'],
  },
  'password-changed': {
    level: 'info',
    message: 'A user changed their password.',
    emitter: 'api',
    category: 'iam',
    fields: ['event.outcome'],
  },
  'password-not-confirmed': {
    level: 'warn',
    message: 'A wrong password came with an access token.',
    emitter: 'api',
    category: 'authentication',
    fields: ['event.outcome'],
  },
  'todo-created': {
    level: 'info',
    message: 'A todo was created.',
    emitter: 'api',
    category: 'database',
    fields: ['event.outcome', 'labels.todo_id'],
  },
  'todos-created': {
    level: 'info',
    message: 'Several todos were created at once.',
    emitter: 'api',
    category: 'database',
    fields: ['event.outcome', 'labels.todo_count'],
  },
  'todo-updated': {
    level: 'info',
    message: 'A todo was changed.',
    emitter: 'api',
    category: 'database',
    fields: ['event.outcome', 'labels.todo_id', 'labels.changed_fields'],
  },
  'todo-deleted': {
    level: 'info',
    message: 'A todo was deleted.',
    emitter: 'api',
    category: 'database',
    fields: ['event.outcome', 'labels.todo_id'],
  },
  'todo-restored': {
    level: 'info',
    message: 'A todo was restored.',
    emitter: 'api',
    category: 'database',
    fields: ['event.outcome', 'labels.todo_id'],
  },

  // The programs beside the service.
  'schema-migrated': {
    level: 'info',
    message: 'Migrations were run.',
    emitter: 'api',
    fields: ['labels.migrations', 'labels.direction'],
    unusedBecause: ofTheProcess,
  },
  'schema-current': {
    level: 'info',
    message: 'The schema is up to date.',
    emitter: 'api',
    fields: [],
    unusedBecause: ofTheProcess,
  },
  'demo-user-made': {
    level: 'info',
    message: 'The demo user was made.',
    emitter: 'api',
    fields: ['labels.todo_count'],
    unusedBecause: ofTheProcess,
  },
  'demo-password-set': {
    level: 'info',
    message: 'The demo user got the password of DEMO_USER_PASSWORD.',
    emitter: 'api',
    fields: [],
    unusedBecause: ofTheProcess,
  },

  // The process.
  'process-started': {
    level: 'info',
    message: 'The service listens.',
    emitter: 'api',
    fields: ['labels.port', 'labels.management_port', 'labels.node_version'],
    unusedBecause: ofTheProcess,
  },
  'process-stopping': {
    level: 'info',
    message: 'The service shuts down.',
    emitter: 'api',
    fields: ['event.reason', 'labels.drain_delay_ms'],
    unusedBecause: ofTheProcess,
  },
  'process-stopped': {
    level: 'info',
    message: 'The service has stopped.',
    emitter: 'api',
    fields: ['labels.connections_cut'],
    unusedBecause: ofTheProcess,
  },
  'process-failed': {
    level: 'fatal',
    message: 'The service ends by an error that nothing caught.',
    emitter: 'api',
    fields: error,
  },
  'callback-failed': {
    level: 'error',
    message: 'A callback failed that nothing but its guard kept from ending the process.',
    emitter: 'api',
    fields: ['labels.place', ...error],
  },
  'configuration-weak': {
    level: 'warn',
    message: 'A setting is fit for development only.',
    emitter: 'api',
    fields: ['event.reason'],
    unusedBecause: ofTheProcess,
  },
  'log-level-changed': {
    level: 'warn',
    message: 'Another log level holds from now on.',
    emitter: 'api',
    category: 'configuration',
    fields: ['labels.log_level', 'labels.previous_log_level', 'labels.seconds'],
  },
  'profile-taken': {
    level: 'warn',
    message: 'Someone looked into the process.',
    emitter: 'api',
    fields: ['labels.profile'],
    unusedBecause: ofTheProcess,
  },
  'faults-changed': {
    level: 'warn',
    message: 'Other faults are injected on purpose from now on, or none any more.',
    emitter: 'api',
    fields: ['labels.faults', 'labels.seconds', 'event.reason'],
    unusedBecause: ofTheProcess,
  },
  'log-lines-lost': {
    level: 'error',
    message: 'Log lines could not be written.',
    emitter: 'api',
    fields: ['labels.lines_lost', ...error],
  },
  'log-copy-failed': {
    level: 'warn',
    message: 'Elasticsearch does not take the copy of the log.',
    emitter: 'api',
    fields: error,
    unusedBecause: ofDevelopment,
  },
  'log-copy-recovered': {
    level: 'info',
    message: 'Elasticsearch takes the copy of the log again.',
    emitter: 'api',
    fields: [],
    unusedBecause: ofDevelopment,
  },
  'log-copy-incomplete': {
    level: 'warn',
    message: 'The copy of the log lacks lines; stdout has them.',
    emitter: 'api',
    fields: ['labels.lines_lost'],
    unusedBecause: ofDevelopment,
  },
  'database-up': {
    level: 'info',
    message: 'The database answers.',
    emitter: 'api',
    fields: ['event.reason'],
    unusedBecause: ofTheProcess,
  },
  'database-down': {
    level: 'warn',
    message: 'The database does not answer.',
    emitter: 'api',
    fields: ['event.reason', ...error],
    unusedBecause: ofTheProcess,
  },
  'database-driver': {
    level: 'warn',
    message: 'The database driver has something to say.',
    emitter: 'api',
    fields: ['event.reason'],
    unusedBecause: ofTheProcess,
  },
  'trace-export-failed': {
    level: 'warn',
    message: 'Spans can not be exported; they are lost until they can.',
    emitter: 'api',
    fields: error,
    unusedBecause: ofTheProcess,
  },
  'trace-export-recovered': {
    level: 'info',
    message: 'Spans are exported again.',
    emitter: 'api',
    fields: [],
    unusedBecause: ofTheProcess,
  },
  'redis-up': {
    level: 'info',
    message: 'Redis counts the limits.',
    emitter: 'api',
    fields: [],
    unusedBecause: ofTheProcess,
  },
  'redis-down': {
    level: 'warn',
    message: 'Redis is away: limits are counted in memory, by each instance for itself.',
    emitter: 'api',
    fields: error,
    unusedBecause: ofTheProcess,
  },
  'maintenance-done': {
    level: 'info',
    message: 'A background job removed rows.',
    emitter: 'api',
    fields: ['labels.job_name', 'labels.rows'],
    unusedBecause: ofTheProcess,
  },
  'maintenance-failed': {
    level: 'warn',
    message: 'Background jobs failed; they go on trying.',
    emitter: 'api',
    fields: error,
    unusedBecause: ofTheProcess,
  },
  'maintenance-recovered': {
    level: 'info',
    message: 'Background jobs work again.',
    emitter: 'api',
    fields: [],
    unusedBecause: ofTheProcess,
  },

  // The log shipper.
  'foreign-line': {
    level: 'warn',
    message: 'the line as it is',
    emitter: 'log-shipper',
    fields: ['labels.cut_bytes', 'error.message'],
    unusedBecause:
      'What crashed writes such lines beside its own; who looks at that time finds them by their level.',
  },
} as const satisfies Record<string, LogEvent<LogFieldName>>;

export type LogEventName = keyof typeof logEvents;

/** The events of the audit trail. */
export type AuditEventName = {
  [Name in LogEventName]: (typeof logEvents)[Name] extends { category: string } ? Name : never;
}[LogEventName];

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
