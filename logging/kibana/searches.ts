import type { LogFieldName } from '@sightline/contract/signals.ts';

/** A saved search of Kibana's Discover. */
export interface SavedSearch {
  /** Id of the saved object, for ever: links and dashboards hold it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** In Lucene's syntax. */
  readonly query: string;
  /** Beside the time, in order. */
  readonly columns: readonly LogFieldName[];
}

/** The word in a query that stands for the id that whoever opens the search puts there. It finds nothing. */
export const placeholders = { request: 'REQUEST_ID', user: 'USER_ID' } as const;

export const searches: readonly SavedSearch[] = [
  {
    id: 'logs-todo-errors',
    title: 'Logs: errors',
    description:
      'What went wrong by a fault of ours: lines of level error or fatal, and answers of 500 and above.',
    query:
      'log.level:("error" OR "fatal") OR (event.action:"request" AND http.response.status_code:[500 TO 599])',
    columns: [
      ...(['log.level', 'event.action', 'http.response.status_code', 'labels.route', 'error.type'] as const),
      ...(['error.code', 'error.message', 'error.stack_trace', 'http.request.id', 'trace.id'] as const),
      ...(['service.node.name', 'service.version'] as const),
    ],
  },
  {
    id: 'logs-todo-slow-requests',
    title: 'Logs: slow requests',
    description: 'Requests over the threshold of SLOW_REQUEST_MS, and where their time went.',
    query: 'event.action:"request-slow"',
    columns: [
      ...(['event.duration', 'labels.route', 'labels.database_ms', 'labels.queue_ms'] as const),
      ...(['labels.rest_ms', 'labels.statements', 'http.request.id', 'trace.id'] as const),
    ],
  },
  {
    id: 'logs-todo-one-request',
    title: 'Logs: one request',
    description: `Every line of one request. Put its X-Request-Id, or the request_id of an audit event, in both places of ${placeholders.request}.`,
    query: `http.request.id:"${placeholders.request}" OR transaction.id:"${placeholders.request}"`,
    columns: [
      ...([
        'event.sequence',
        'log.level',
        'event.action',
        'message',
        'http.request.method',
        'url.path',
      ] as const),
      ...(['labels.query_names', 'http.response.status_code', 'event.duration', 'event.outcome'] as const),
      ...(['labels.limiter', 'user.id', 'client.ip', 'transaction.id', 'trace.id', 'span.id'] as const),
    ],
  },
  {
    id: 'logs-todo-audit-trail',
    title: "Logs: one user's audit trail",
    description: `What one user did, or someone as them. Put the id of the user in the place of ${placeholders.user}.`,
    query: `_exists_:event.category AND user.id:"${placeholders.user}"`,
    columns: [
      ...([
        'event.category',
        'event.action',
        'event.outcome',
        'labels.todo_id',
        'labels.todo_count',
      ] as const),
      ...(['labels.changed_fields', 'labels.session_id', 'client.ip', 'transaction.id'] as const),
    ],
  },
  {
    id: 'logs-todo-failed-log-ins',
    title: 'Logs: failed log-ins',
    description: 'Log-ins that were refused, by the network they came from.',
    query: 'event.action:("log-in-failed" OR "password-refused")',
    columns: ['event.reason', 'labels.limiter', 'client.ip', 'user.id', 'http.request.id'],
  },
];
