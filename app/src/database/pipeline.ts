/**
 * The fast path of short statements: each is sent at once on one of a few connections, behind those that are not
 * answered yet, instead of waiting for a connection of its own. All that one turn of the event loop sends goes out in
 * one write, and one read brings many answers. docs/decisions/pipelined-statements.md weighs it against the pool.
 *
 * It only takes what it can do well. A connection that isn't open, is full, or whose oldest statement is late is not
 * used: what asks then goes to the pool, with its queue and its time limits.
 */

import type { StatementName } from '@sightline/contract/database.ts';
import pg from 'pg';
import { prepareValue } from 'pg/lib/utils.js';
import { driver } from './driver.ts';
import type { StatementsUnderWatch, StatementWatch } from './statements.ts';

/** Few, since what is sent together on one costs one write and one read; two, since a slow statement blocks its own. */
export const pipelinedConnections = 2;

/** From how many connections in all some are pipelined: the pool needs the rest. */
export const minConnections = 4;

/**
 * Settings of these connections. A prepared statement keeps its plan until PostgreSQL has analysed the table again, a
 * minute later or more. A plan made for a table of a few rows reads all of it and sorts, which is right then, and ruin
 * when the table has grown meanwhile; every statement here has an index that gives its rows in their order.
 */
export const plannerOptions = '-c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off';

/** Unanswered statements on one connection, from which on it takes no more. */
const maxInFlight = 128;

/** Age of the oldest unanswered statement from which on a connection takes no more: it waits for a lock, or works. */
const lateMs = 250;

/** Least time between two attempts to open a connection. */
const reopenMs = 500;

/** The SQLSTATEs of a prepared statement that isn't to be had any more; a new connection prepares it anew. */
const unprepared = new Set(['0A000', '26000']);

export interface PipelinedStatement {
  readonly name: StatementName;
  readonly key: string;
  readonly text: string;
}

type Row = Record<string, unknown>;
type Parse = (text: string) => unknown;

/** How rows of a statement are read, learnt from PostgreSQL's description the first time. */
interface Columns {
  readonly names: readonly string[];
  readonly parsers: readonly Parse[];
}

interface Settings {
  /** For pg. */
  readonly connection: pg.ClientConfig;
  /** Milliseconds after which an unanswered statement means that its connection is dead. */
  readonly patienceMs: number;
  readonly watch: StatementsUnderWatch;
}

/** pg's protocol of a query, as far as it is used here. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void; destroy(error?: Error): void };
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: { name: string; text: string; types: readonly number[] }): void;
  bind(values: { statement: string; portal: string; values: readonly (string | Buffer | null)[] }): void;
  describe(portal: { type: 'P'; name: string }): void;
  execute(portal: { portal: string; rows: number }): void;
  sync(): void;
}

/**
 * A query as pg's client drives one. It leaves out what pg's own does for each: copies of its options, an emitter, a
 * description of the columns, and a write of its own.
 */
class PipelinedQuery {
  /** pg looks at these two. */
  readonly name: string;
  readonly text: string;
  readonly callback = true;
  readonly #connection: PipelinedConnection;
  readonly #values: readonly unknown[];
  readonly #watch: StatementWatch;
  readonly #resolve: (rows: Row[]) => void;
  readonly #reject: (error: unknown) => void;
  readonly #rows: Row[] = [];
  #failure: unknown;
  #isOver = false;
  #columns: Columns | undefined;

  constructor(
    connection: PipelinedConnection,
    { key, text }: PipelinedStatement,
    values: readonly unknown[],
    watch: StatementWatch,
    resolve: (rows: Row[]) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.name = key;
    this.text = text;
    this.#values = values;
    this.#watch = watch;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(wire: Wire): undefined {
    const { name, text } = this;
    // Before anything is written: a value that can't be sent throws here.
    const values = this.#values.map((value) => prepareValue(value));
    this.#columns = this.#connection.columns.get(name);
    if (wire.parsedStatements[name] === undefined && wire.submittedNamedStatements[name] === undefined) {
      wire.parse({ name, text, types: [] });
      wire.submittedNamedStatements[name] = text;
    }
    wire.bind({ statement: name, portal: '', values });
    if (this.#columns === undefined) wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '', rows: 0 });
    wire.sync();
    return undefined;
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    try {
      this.#columns = this.#connection.learnColumns(this.name, fields);
    } catch (error) {
      // As below.
      this.#failure = error;
    }
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    try {
      this.#rows.push(rowOf(this.#columns as Columns, fields));
    } catch (error) {
      // Nothing above would catch it, and the process would end.
      this.#failure = error;
    }
  }

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  /** Also when the connection breaks. */
  handleError(error: unknown): void {
    this.#failure = error;
    this.#end();
  }

  handleReadyForQuery(): void {
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection.answered(this.#failure);
    this.#watch.over(this.#failure);
    if (this.#failure === undefined) this.#resolve(this.#rows);
    else this.#reject(this.#failure);
  }
}
// pg refuses other classes of queries on a pipelined connection, since some of them keep a portal open.
Object.setPrototypeOf(PipelinedQuery.prototype, pg.Query.prototype);

function rowOf({ names, parsers }: Columns, fields: readonly (string | null)[]): Row {
  const row: Row = {};
  for (let n = 0; n < names.length; n += 1) {
    const text = fields[n] as string | null;
    row[names[n] as string] = text === null ? null : (parsers[n] as Parse)(text);
  }
  return row;
}

/** One connection; it is opened when it is first asked for, and again when it broke. */
class PipelinedConnection {
  /** The columns of each statement that was prepared on it, by its key. */
  readonly columns = new Map<string, Columns>();
  readonly #settings: Settings;
  readonly #sentAt = new Float64Array(maxInFlight);
  #client: pg.Client | undefined;
  #wire: Wire | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #sent = 0;
  #answered = 0;
  #isCorked = false;
  #watchdog: NodeJS.Timeout | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get isOpen(): boolean {
    return this.#wire !== undefined;
  }

  get inFlight(): number {
    return this.#sent - this.#answered;
  }

  /** Whether a statement is answered soon here. Opens the connection when it isn't. */
  canTake(now: number): boolean {
    if (this.#wire === undefined) {
      this.#open(now);
      return false;
    }
    const { inFlight } = this;
    return inFlight === 0 || (inFlight < maxInFlight && this.#ageOfOldest(now) < lateMs);
  }

  send(statement: PipelinedStatement, values: readonly unknown[], now: number): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const watch = this.#settings.watch.sent(statement.name, now);
      const query = new PipelinedQuery(this, statement, values, watch, resolve, reject);
      this.#sentAt[this.#sent % maxInFlight] = now;
      this.#sent += 1;
      this.#cork();
      this.#watchdog ??= this.#watch(this.#settings.patienceMs);
      try {
        this.#client?.query(query as unknown as pg.Submittable);
      } catch (error) {
        query.handleError(error);
      }
    });
  }

  /** Called by each of its queries when it is over. */
  answered(failure: unknown): void {
    this.#answered += 1;
    const { code } = (failure ?? {}) as { code?: string };
    if (code !== undefined && unprepared.has(code)) this.#wire?.stream.destroy();
  }

  learnColumns(key: string, fields: readonly { name: string; dataTypeID: number }[]): Columns {
    const columns = {
      names: fields.map(({ name }) => name),
      parsers: fields.map(({ dataTypeID }) => this.#client?.getTypeParser(dataTypeID, 'text') as Parse),
    };
    this.columns.set(key, columns);
    return columns;
  }

  /** Waits for the answers that are still to come, and for PostgreSQL to let go, but no longer than patience lasts. */
  async close(): Promise<void> {
    // No new attempt.
    this.#triedAt = Number.POSITIVE_INFINITY;
    const stream = this.#wire?.stream;
    const cut = setTimeout(() => stream?.destroy(), this.#settings.patienceMs);
    await this.#client?.end();
    clearTimeout(cut);
  }

  #ageOfOldest(now: number): number {
    return now - (this.#sentAt[this.#answered % maxInFlight] as number);
  }

  #open(now: number): void {
    if (this.#client !== undefined || now - this.#triedAt < reopenMs) return;
    this.#triedAt = now;
    const { connection } = this.#settings;
    const client = new driver.Client({
      ...connection,
      options: `${connection.options ?? ''} ${plannerOptions}`,
      pipeline: true,
    } as pg.ClientConfig);
    this.#client = client;
    const gone = () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#wire = undefined;
      this.columns.clear();
    };
    // Whoever waits for an answer is told by pg; the pool says what is wrong with the database.
    client.on('error', gone);
    client.on('end', gone);
    client.connect().then(() => {
      if (this.#client === client) this.#wire = (client as unknown as { connection: Wire }).connection;
    }, gone);
  }

  /** All that is sent until this turn of the event loop has seen each socket goes out together. */
  #cork(): void {
    if (this.#isCorked) return;
    const stream = this.#wire?.stream;
    this.#isCorked = true;
    stream?.cork();
    setImmediate(() => {
      this.#isCorked = false;
      stream?.uncork();
    });
  }

  /** PostgreSQL ends late statements itself. When it doesn't even do that, nothing comes over this connection. */
  #watch(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#watchdog = undefined;
      if (this.inFlight === 0) return;
      const left = this.#settings.patienceMs - this.#ageOfOldest(performance.now());
      if (left > 0) this.#watchdog = this.#watch(left);
      else this.#wire?.stream.destroy(new Error('Query read timeout'));
    }, ms);
    timer.unref();
    return timer;
  }
}

/** The pipelined connections of a database. */
export class Pipeline {
  readonly #connections: readonly PipelinedConnection[];
  readonly #watch: StatementsUnderWatch;

  /** @param count how many connections; none makes a pipeline that takes nothing */
  constructor(count: number, settings: Settings) {
    this.#connections = Array.from({ length: count }, () => new PipelinedConnection(settings));
    this.#watch = settings.watch;
  }

  /** Runs a statement that commits by itself. @returns its rows, or `undefined` when the pool has to do it */
  run(statement: PipelinedStatement, values: readonly unknown[]): Promise<Row[]> | undefined {
    const now = performance.now();
    let best: PipelinedConnection | undefined;
    for (const connection of this.#connections)
      if (connection.canTake(now) && (best === undefined || connection.inFlight < best.inFlight))
        best = connection;
    if (best === undefined) return undefined;
    this.#watch.queued(0);
    return best.send(statement, values, now);
  }

  get size(): number {
    return this.#connections.length;
  }

  /** How many connections have statements that are not answered, and how many are open without. */
  connections(): { inUse: number; idle: number } {
    const open = this.#connections.filter(({ isOpen }) => isOpen);
    const inUse = open.filter(({ inFlight }) => inFlight > 0).length;
    return { inUse, idle: open.length - inUse };
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}
