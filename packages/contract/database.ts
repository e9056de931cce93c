/** What database statements are called: in metrics, spans, and the comment that each begins with. */
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

/** What can go wrong with the database, as metrics and spans name it. */
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
