/** The signals of what the service is for: operations on todos, log-ins, and the jobs that keep house. */
import { emptyLabels, type MetricSignal } from './signal.ts';

export const todoMetrics = {
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
} as const satisfies Record<string, MetricSignal>;
