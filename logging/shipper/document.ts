import type { LogEventName, LogFieldName } from '@sightline/contract/signals.ts';

/** A line as it goes to Elasticsearch. */
export interface Document {
  /** Its `_id`. */
  readonly id: string;
  /** JSON without a newline. */
  readonly body: string;
  /** ISO 8601: when it was written, or read where it doesn't say. */
  readonly time: string;
}

/** A line of a file. */
export interface RawLine {
  /** Without its newline; of a line that is too long the beginning. */
  readonly text: string;
  /** Length in bytes of a line that was too long. */
  readonly cutBytes?: number;
  /** Names the line for good, should it have no id of its own. */
  readonly fallbackId: string;
}

type Fields = Partial<Record<LogFieldName, string | number>>;

/** Elasticsearch refuses a whole request for one longer id. */
const longestId = 512;
const foreignAction: LogEventName = 'foreign-line';
/** How many fields at the end of a cut line are given up before it counts as no JSON. */
const maxGivenUp = 20;

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The fields before the place where a flat JSON object was cut. */
function beginningOf(text: string): Record<string, unknown> | undefined {
  let end = text.length;
  for (let tries = 0; tries < maxGivenUp; tries += 1) {
    end = text.lastIndexOf(',"', end - 1);
    if (end <= 0) return undefined;
    const fields = parse(`${text.slice(0, end)}}`);
    if (fields) return fields;
  }
  return undefined;
}

/** The event's id, from a field under its dotted name or, as in other loggers' lines, nested. */
function idOf(fields: Record<string, unknown>): string | undefined {
  const nested = fields['event'];
  const id =
    fields['event.id'] ??
    (typeof nested === 'object' && nested !== null && 'id' in nested ? nested.id : undefined);
  return typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= longestId ? id : undefined;
}

function timeOf(fields: Record<string, unknown>): string {
  const time = fields['@timestamp'];
  return typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? time : new Date().toISOString();
}

/** A document of our own around a text. */
function wrap(id: string, text: string, further: Fields): Document {
  const time = new Date().toISOString();
  const fields: Fields = {
    '@timestamp': time,
    'event.id': id,
    'event.action': foreignAction,
    message: text,
    ...further,
  };
  return { id, body: JSON.stringify(fields), time };
}

/** The document of a line: its own fields if it is JSON with an `event.id`; else one whose message it is. */
export function documentOf({ text, cutBytes, fallbackId }: RawLine): Document {
  const fields = cutBytes === undefined ? parse(text) : beginningOf(text);
  const id = fields && idOf(fields);
  const cut: Fields = cutBytes === undefined ? {} : { 'labels.cut_bytes': cutBytes };
  if (!fields || id === undefined) return wrap(fallbackId, text, cut);
  const body = cutBytes === undefined ? text : JSON.stringify({ ...fields, ...cut });
  return { id, body, time: timeOf(fields) };
}

/** A document that Elasticsearch refuses, as one that it takes: what it says is the message, why it was refused too. */
export function asText({ id, body }: Pick<Document, 'id' | 'body'>, reason: string): Document {
  const { 'event.sequence': sequence } = parse(body) ?? {};
  // Else it could be what was refused.
  const further: Fields = Number.isSafeInteger(sequence) ? { 'event.sequence': Number(sequence) } : {};
  return wrap(id, body, { ...further, 'error.message': reason });
}
