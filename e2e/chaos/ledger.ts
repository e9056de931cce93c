/** The ledger of writes that k6 keeps (`loadtest/ledger`), against what the database has. */
import { readFileSync } from 'node:fs';
import {
  type AnsweredLine,
  type LedgerLine,
  titlePrefix,
  type Write,
} from '@sightline/loadtest/ledger/line.ts';
import pg from 'pg';

/** The facts that may be true of a todo. */
export interface TodoState {
  readonly version: number;
  readonly status: string;
  readonly deleted: boolean;
}

/** A row of the database, with the todo's audit events counted. */
export interface LedgerRow extends TodoState {
  readonly id: string;
  /** The part of its title after the prefix. */
  readonly key: string;
  readonly titleHash: string;
  readonly events: number;
}

/** All that is known of a todo. */
export interface Entry {
  readonly key: string;
  readonly closed: boolean;
  readonly answers: readonly AnsweredLine[];
  /** When a request was sent that has no answer yet. */
  readonly waitingSince: number | undefined;
}

/** Reads the lines that are complete. What else k6 says on its console is left aside. */
export function readLedger(file: string): readonly Entry[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => (line.startsWith('{"key":') ? [JSON.parse(line) as LedgerLine] : []));
  return [...Map.groupBy(lines, ({ key }) => key)].map(([key, ofKey]) => {
    const last = ofKey.at(-1);
    return {
      key,
      closed: last?.is === 'closed',
      answers: ofKey.filter((line) => line.is === 'answered'),
      waitingSince: last?.is === 'sent' ? last.at : undefined,
    };
  });
}

/** The todos that the ledger is about. */
export async function readRows(databaseUrl: string): Promise<readonly LedgerRow[]> {
  const database = new pg.Client({ connectionString: databaseUrl, application_name: 'chaos' });
  await database.connect();
  try {
    const { rows } = await database.query<LedgerRow>(
      `select id, substr(title, length($1) + 1) as key, encode(sha256(convert_to(title, 'UTF8')), 'hex') as "titleHash",
         version, status::text, deleted_at is not null as deleted,
         (select count(*) from todo_events where todo_id = todos.id)::integer as events
       from todos where starts_with(title, $1)`,
      [titlePrefix],
    );
    return rows;
  } finally {
    await database.end();
  }
}

/** The state of a todo after a write; undefined when there is none yet. */
const after: Readonly<Record<Write, (before: TodoState | undefined) => TodoState | undefined>> = {
  create: (before) => before ?? { version: 1, status: 'open', deleted: false },
  finish: (before) => before && { ...before, version: before.version + 1, status: 'done' },
  delete: (before) => before && { ...before, version: before.version + 1, deleted: true },
};

export const isAcknowledged = ({ status }: AnsweredLine): boolean => status >= 200 && status < 300;
/** Without an answer, with 5xx, or while its twin is at work: it may be there or not. */
const isUnknown = ({ status }: AnsweredLine): boolean => status === 0 || status === 409 || status >= 500;

/** All that a todo may be by its answers; undefined among them: it may not be there. */
export function possibleStates({ answers }: Pick<Entry, 'answers'>): readonly (TodoState | undefined)[] {
  let possible: readonly (TodoState | undefined)[] = [undefined];
  for (const answer of answers) {
    const written = possible.map(after[answer.write]);
    if (isAcknowledged(answer)) possible = written;
    else if (isUnknown(answer)) possible = [...possible, ...written];
  }
  return possible;
}

const isSame = (one: TodoState, other: TodoState) =>
  one.version === other.version && one.status === other.status && one.deleted === other.deleted;
/** `version 2, done, deleted`. */
const said = (state: TodoState | undefined) =>
  state === undefined
    ? 'nothing'
    : `version ${state.version}, ${state.status}${state.deleted ? ', deleted' : ''}`;

/** Sentences about a todo that is not what its answers say. */
function faultsOfEntry(entry: Entry, rows: readonly LedgerRow[]): string[] {
  const { key, answers, closed } = entry;
  const refused = answers.filter((answer) => !isAcknowledged(answer) && !isUnknown(answer));
  const shown = answers.flatMap(({ todo }) => todo ?? []);
  const faults = refused.map(({ write, status }) => `${key}: its ${write} was refused with ${status}.`);
  if (rows.length > 1) faults.push(`${key}: it was written once and is there ${rows.length} times.`);
  if (new Set(shown.map(({ id }) => id)).size > 1)
    faults.push(`${key}: its answers name different todos, so it was written more than once.`);
  const [row] = rows;
  const [todo] = shown;
  if (row && todo && (row.id !== todo.id || row.titleHash !== todo.titleHash))
    faults.push(`${key}: the database has it as ${row.id}, and it was acknowledged as ${todo.id}.`);
  if (row && row.events !== row.version)
    faults.push(
      `${key}: it has version ${row.version} and ${row.events} audit events; a write is one of each.`,
    );
  if (!closed) return faults;
  const possible = possibleStates(entry);
  const fits = possible.some((state) => (state && row ? isSame(state, row) : state === row));
  if (!fits)
    faults.push(
      `${key}: by what was acknowledged it is ${possible.map(said).join(' or ')}; the database has ${said(row)}.`,
    );
  return faults;
}

export interface Comparison {
  readonly faults: readonly string[];
  readonly acknowledged: number;
  /** Writes that may have happened or not. */
  readonly unknown: number;
}

/**
 * Compares the ledger with the database. Of a todo that is still being written only what holds at any moment is asked.
 * Throws what the database answers instead.
 */
export async function compareLedger(file: string, databaseUrl: string): Promise<Comparison> {
  const before = readLedger(file);
  const rows = Map.groupBy(await readRows(databaseUrl), ({ key }) => key);
  const known = new Set(readLedger(file).map(({ key }) => key));
  const strays = [...rows.keys()].filter((key) => !known.has(key));
  const answers = before.flatMap((entry) => entry.answers);
  return {
    faults: [
      ...before.flatMap((entry) => faultsOfEntry(entry, rows.get(entry.key) ?? [])),
      ...strays.map((key) => `${key}: it is in the database, and nobody wrote it.`),
    ],
    acknowledged: answers.filter(isAcknowledged).length,
    unknown: answers.filter(isUnknown).length,
  };
}

/**
 * Sentences about requests without an answer, or with one that came late.
 * @param seconds that an answer may take
 * @param now in milliseconds since 1970
 */
export function stuckRequests(entries: readonly Entry[], seconds: number, now: number): readonly string[] {
  return entries.flatMap(({ key, answers, waitingSince }) => [
    ...answers
      .filter((answer) => answer.seconds > seconds)
      .map(
        (answer) =>
          `${key}: its ${answer.write} took ${answer.seconds.toFixed(1)} s; ${seconds} are allowed.`,
      ),
    ...(waitingSince !== undefined && now - waitingSince > seconds * 1000
      ? [`${key}: a request of it waits for ${Math.round((now - waitingSince) / 1000)} s.`]
      : []),
  ]);
}
