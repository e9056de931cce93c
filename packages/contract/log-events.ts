import type { LogFieldName } from './log-fields.ts';
import type { LogEvent } from './signal.ts';

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
