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
  'users.create',
  'users.erase',
  'users.get',
  'users.get_by_email',
  'users.renew_password_hash',
  'users.set_password_hash',
  /** BEGIN, COMMIT, ROLLBACK and savepoints, which knex sends by itself. */
  'transaction',
  /** A statement that nobody named. A test makes sure that the service sends none. */
  'other',
] as const;
export type StatementName = (typeof statementNames)[number];
