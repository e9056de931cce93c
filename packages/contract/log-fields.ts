import { serviceName } from './service.ts';
import type { LogField } from './signal.ts';

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
