/**
 * SQLSTATEs that mean "not now" rather than "never": the server is away, starting, stopping, full, or too slow.
 * PostgreSQL's documentation, appendix A; class 08 (connection exceptions) is taken whole.
 */
const unavailableStates = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '53300', // too_many_connections
  '57014', // query_canceled, by statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);

const unavailableSystemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What pg says, without a code, when it stops waiting for the answer to a statement. */
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
  /** pg's error, in one that objection made of it; the wrapper has its message, but not its code. */
  readonly nativeError?: DatabaseError;
}

/** Whether an error of the database layer says that PostgreSQL can't be used at the moment. */
export function databaseUnavailable(error: unknown): boolean {
  const { nativeError, message = '', code = nativeError?.code ?? '' } = (error ?? {}) as DatabaseError;
  return (
    code.startsWith('08') ||
    unavailableStates.has(code) ||
    unavailableSystemErrors.has(code) ||
    unavailableMessages.test(message)
  );
}

/** Whether the client stopped waiting: the connection is still busy with the statement, and of no more use. */
export function isReadTimeout(error: unknown): boolean {
  return ((error ?? {}) as DatabaseError).message?.endsWith(readTimeout) ?? false;
}

/** Whether an error is the violation of the named constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return ((error ?? {}) as DatabaseError).constraint === constraint;
}
