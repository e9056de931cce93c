import type { DatabaseErrorKind } from '@sightline/contract/database.ts';

/**
 * SQLSTATEs that say nothing about the statement: the server is away, starting, stopping, full, too slow, or doesn't
 * let us in. PostgreSQL's documentation, appendix A; class 08 (connection exceptions) is taken whole.
 */
const unavailableStates = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '28000', // invalid_authorization_specification
  '28P01', // invalid_password
  '3D000', // invalid_catalog_name: no such database
  '40P01', // deadlock_detected: the same request passes when it is sent again
  '53300', // too_many_connections
  '55P03', // lock_not_available, by lock_timeout
  '57014', // query_canceled, by statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);

/** Also `ERR_NO_DATABASE_TOKEN`, of password.ts: without one nobody gets in. */
const unavailableSystemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ERR_NO_DATABASE_TOKEN',
  'ETIMEDOUT',
]);

/** Node's codes for a server whose certificate isn't trusted. */
const untrusted = /^(ERR_TLS_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/;

/** The message of pg, which has no code, when it stops waiting for the answer to a statement. */
const readTimeout = 'Query read timeout';

/**
 * pg and tarn give these no code, or PostgreSQL one that means other things too. knex puts the statement (not its
 * values) and a dash before pg's message.
 */
const unavailableMessages = new RegExp(
  `(^| - )(Connection terminated|database "[^"]*" is not currently accepting connections|timeout expired|${readTimeout}|Client has encountered a connection error|Knex: Timeout acquiring)`,
);

interface DatabaseError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
}

/** The error as pg threw it: objection wraps those that have a code in errors of its own that have none. */
function asThrown(error: unknown): DatabaseError {
  const { nativeError = error } = (error ?? {}) as { nativeError?: unknown };
  return (nativeError ?? {}) as DatabaseError;
}

/** Whether an error of the database layer says that PostgreSQL can't be used at the moment. */
export function databaseUnavailable(error: unknown): boolean {
  const { code = '', message = '' } = asThrown(error);
  return (
    code.startsWith('08') ||
    unavailableStates.has(code) ||
    unavailableSystemErrors.has(code) ||
    untrusted.test(code) ||
    unavailableMessages.test(message)
  );
}

/** The kinds of errors, by code; a SQLSTATE also counts by its first two characters, the class of an error. */
const kindByState: Readonly<Record<string, DatabaseErrorKind>> = {
  '23': 'constraint',
  '28': 'authentication',
  '40P01': 'deadlock',
  '53300': 'too_many_connections',
  '55P03': 'lock_timeout',
  '57014': 'statement_timeout',
  ERR_NO_DATABASE_TOKEN: 'authentication',
};

/** The kinds of errors that have no code of their own, by what they say. */
const kindByMessage: readonly (readonly [RegExp, DatabaseErrorKind])[] = [
  [new RegExp(`${readTimeout}$`), 'statement_timeout'],
  [/^Knex: Timeout acquiring/, 'pool_timeout'],
];

/** Returns the kind of an error that the database layer threw. */
export function databaseErrorKind(error: unknown): DatabaseErrorKind {
  const { code = '', message = '' } = asThrown(error);
  return (
    kindByState[code] ??
    kindByState[code.slice(0, 2)] ??
    kindByMessage.find(([pattern]) => pattern.test(message))?.[1] ??
    (databaseUnavailable(error) ? 'connection' : 'other')
  );
}

/** Whether the client stopped waiting: the connection is still busy with the statement, and of no more use. */
export function isReadTimeout(error: unknown): boolean {
  return asThrown(error).message?.endsWith(readTimeout) ?? false;
}

/** Whether PostgreSQL gave up waiting for a lock that another transaction holds (lock_timeout). */
export function isLockTimeout(error: unknown): boolean {
  return asThrown(error).code === '55P03';
}

/** Whether PostgreSQL ended a transaction because it and another waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return asThrown(error).code === '40P01';
}

/** Whether an error is the violation of the named constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return asThrown(error).constraint === constraint;
}
