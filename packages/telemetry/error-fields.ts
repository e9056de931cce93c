/** How an error is written into the log without repeating what a client sent. */

/** Causes that are followed, the error itself included. */
const maxCauses = 5;
/** Characters of a message, and of all stacks together. */
const longestMessage = 1000;
/**
 * Characters of a message that are looked at; a word that is cut there is left out, half a secret being one
 * too.
 */
const longestSeen = 4000;
const longestStack = 8000;
/** Shorter strings of a request are left alone: every text has them, and they give nothing away. */
const shortestHidden = 4;

const hidden = '[redacted]';

/** Patterns of texts that look like a secret or name a person, wherever it comes from. */
const giveaways: readonly [RegExp, string][] = [
  [/eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g, hidden],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9\-._~+/]+=*/gi, `$1 ${hidden}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${hidden}@`],
  [/[^\s@"'<>]{1,64}@[^\s@"'<>]{1,255}\.[A-Za-z]{2,63}/g, hidden],
  [/\$argon2id?\$[^\s"']+/g, hidden],
];

/** The fields of PostgreSQL's errors that name parts of the schema; all else in quotes may be data. */
interface PostgresqlError {
  readonly code: string;
  readonly severity: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
}

interface ErrorFields {
  readonly 'error.type': string;
  readonly 'error.message': string;
  readonly 'error.stack_trace'?: string;
  readonly 'error.code'?: string;
}

function isPostgresqlError(error: object): error is PostgresqlError {
  const { code, severity } = error as Partial<PostgresqlError>;
  return typeof severity === 'string' && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
}

/**
 * The message that knex makes of PostgreSQL's: the statement, which begins with its name as a comment, and a
 * dash.
 */
const withStatement = /^\/\* ([\w.]+) \*\/ ([\s\S]*) - ([\s\S]*)$/;

/**
 * PostgreSQL's own message after the name of the statement. It quotes values as it quotes names: only those stay that
 * the error gives as a name of the schema, or the statement's own text has.
 */
function withoutValues(message: string, error: PostgresqlError): string {
  const [, statement, sql = '', own = message] = withStatement.exec(message) ?? [];
  const { schema, table, column, dataType, constraint } = error;
  const names = new Set([schema, table, column, dataType, constraint, ...sql.split(/\W+/)]);
  const safe = own.replace(/"((?:[^"]|"")*)"/g, (quoted, text: string) =>
    names.has(text) ? quoted : `"${hidden}"`,
  );
  return statement === undefined ? safe : `${statement}: ${safe}`;
}

function without(text: string, strings: readonly string[]): string {
  let cleaned = text.length > longestSeen ? text.slice(0, longestSeen).replace(/\S{1,200}$/, '') : text;
  // The longest first: one may be part of another.
  for (const string of strings.toSorted((a, b) => b.length - a.length))
    if (string.length >= shortestHidden) cleaned = cleaned.replaceAll(string, hidden);
  return giveaways.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), cleaned);
}

/** objection wraps the errors of pg in its own. */
const unwrapped = (error: unknown): unknown =>
  (typeof error === 'object' && error !== null && (error as { nativeError?: unknown }).nativeError) || error;

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return 'Something was thrown that is no error.';
  const { message } = error as { message?: unknown };
  if (typeof message !== 'string') return 'Something was thrown that is no error.';
  // Without the text of the statement, which is longer than what is kept of a message.
  return isPostgresqlError(error) ? withoutValues(message, error) : message.replace(withStatement, '$1: $3');
}

function typeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const { name } = error as { name?: unknown };
  return isPostgresqlError(error) ? 'DatabaseError' : typeof name === 'string' ? name : 'object';
}

const isFrame = (line: string) => line.startsWith('    at ');

/** The lines of a stack that say where; the first ones repeat the message, which may have lines that look like these. */
function framesOf(error: unknown): string {
  const { stack, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<
    Record<string, unknown>
  >;
  if (typeof stack !== 'string') return '';
  const place = typeof message === 'string' ? stack.indexOf(message) : -1;
  if (place !== -1)
    return stack
      .slice(place + String(message).length)
      .split('\n')
      .filter(isFrame)
      .join('\n');
  // It was given another message since.
  const lines = stack.split('\n');
  return lines.slice(lines.findLastIndex((line) => !isFrame(line)) + 1).join('\n');
}

/** The error, its cause, that one's cause …; each once. */
function chain(error: unknown): unknown[] {
  const errors: unknown[] = [];
  for (
    let next = unwrapped(error);
    next !== undefined && !errors.includes(next) && errors.length < maxCauses;
  ) {
    errors.push(next);
    next =
      typeof next === 'object' && next !== null ? unwrapped((next as { cause?: unknown }).cause) : undefined;
  }
  return errors;
}

/**
 * The fields that describe anything that was thrown: type, code, message, and the stacks of it and its causes. Other
 * members of an error are left out, since libraries keep inputs there: pg the row, a JSON parser the body.
 * @param input strings that the client sent; where one turns up it is masked
 */
export function errorFields(error: unknown, input: readonly string[] = []): ErrorFields {
  const errors = chain(error);
  const [first] = errors;
  const code = typeof first === 'object' && first !== null ? (first as { code?: unknown }).code : undefined;
  const clean = (text: string) => without(text, input).slice(0, longestMessage);
  const stack = errors
    .map((each, index) => {
      const cause = index > 0 ? 'Caused by: ' : '';
      return `${cause}${typeOf(each)}: ${clean(messageOf(each))}\n${framesOf(each)}`.trimEnd();
    })
    .join('\n');
  return {
    'error.type': typeOf(first),
    ...((typeof code === 'string' || typeof code === 'number') && { 'error.code': String(code) }),
    'error.message': clean(messageOf(first)),
    ...(first !== undefined && { 'error.stack_trace': stack.slice(0, longestStack) }),
  };
}
