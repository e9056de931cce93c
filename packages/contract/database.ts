import { emptyLabels, type MetricSignal } from './signal.ts';

/** The names of database statements: in metrics, spans, and the comment that each begins with. */
export const statementNames = [
  'audit.clean_up',
  'health.probe',
  'idempotency.claim',
  'idempotency.clean_up',
  'idempotency.keep',
  'known_networks.clean_up',
  'maintenance.lock',
  'migrations',
  'sessions.clean_up',
  'sessions.end',
  'sessions.end_others',
  'sessions.list',
  'sessions.revoke',
  'sessions.rotate',
  'sessions.start',
  'todos.create',
  'todos.create_all',
  'todos.delete',
  'todos.get',
  'todos.history',
  'todos.list',
  'todos.restore',
  'todos.update',
  'todos.usage',
  'users.create',
  'users.erase',
  'users.get',
  'users.get_by_email',
  'users.lock',
  'users.renew_password_hash',
  'users.set_password_hash',
  /** BEGIN, COMMIT, ROLLBACK and savepoints, which knex sends by itself. */
  'transaction',
  /** A statement that nobody named. A test makes sure that the service sends none. */
  'other',
] as const;
export type StatementName = (typeof statementNames)[number];

/** The kinds of database errors, as metrics and spans name it. */
export const databaseErrorKinds = [
  /** There is no connection, or it broke, or the server starts or stops. */
  'connection',
  /** All connections of the pool stayed busy. */
  'pool_timeout',
  /** A statement took too long, whether PostgreSQL ended it or the client stopped waiting. */
  'statement_timeout',
  'lock_timeout',
  'deadlock',
  /** A value that a constraint or unique index refuses: most often the answer to a client's mistake. */
  'constraint',
  'too_many_connections',
  'authentication',
  'other',
] as const;
export type DatabaseErrorKind = (typeof databaseErrorKinds)[number];

/** Utilisation, saturation and errors of the database. */
export const databaseMetrics = {
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
} as const satisfies Record<string, MetricSignal>;
