import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { FieldType, Level, LogEvent } from '@sightline/contract/signal.ts';
import {
  type commonFields,
  type LogEventName,
  type LogFieldName,
  logEvents,
  type logFields,
} from '@sightline/contract/signals.ts';
import { errorFields } from '@sightline/telemetry/error-fields.ts';
import { type FlatFields, flatMembers, messageMember } from '@sightline/telemetry/flat-line.ts';
import { type CopyReceiver, openLogCopy } from '@sightline/telemetry/log-copy.ts';
import {
  type LogDestination,
  type LossListener,
  openLogDestination,
} from '@sightline/telemetry/log-destination.ts';
import type { Labels, Metrics } from '@sightline/telemetry/metrics.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import { pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config.ts';
import { service } from './service.ts';

type ValueOf<Type extends FieldType> = Type extends 'long' | 'double' ? number : string | readonly string[];
type Values<Field extends LogFieldName> = {
  readonly [Name in Field]?: ValueOf<(typeof logFields)[Name]['type']> | undefined;
};
type CommonField = (typeof commonFields)[number];

/** The fields that lines of an event may have. */
export type FieldsOf<Event extends LogEventName> = Values<
  | (typeof logEvents)[Event]['fields'][number]
  | Exclude<CommonField, '@timestamp' | 'event.id' | 'event.sequence'>
>;

/** A kind of callback that nothing above would catch for. */
export type CallbackPlace = Labels<'callback_errors_total'>['place'];

/** Fields that lines have in common, such as those of one request. */
export type BoundFields = Values<CommonField>;

/** Writes the events of the contract, one JSON line each. Nothing else can be logged. */
export interface Log {
  /**
   * @param message in place of the event's own; never with anything a client sent
   */
  write<Event extends LogEventName>(event: Event, fields?: FieldsOf<Event>, message?: string): void;
  /**
   * Writes an event with what was thrown, at the event's own level.
   * @param input strings that the client sent; they are masked wherever the error repeats them
   */
  writeError<Event extends LogEventName>(
    event: Event,
    error: unknown,
    fields?: FieldsOf<Event>,
    input?: readonly string[],
  ): void;
  /** Counts and writes what was thrown where nothing above would have caught it. Throws nothing itself. */
  escaped(place: CallbackPlace, error: unknown): void;
  /** The same log with further fields on each line, asked for when a line is written. */
  with(fields: () => BoundFields): Log;
}

/** The log of a process, whose level can be changed while it runs. */
export interface RootLog extends Log {
  level: Config['LOG_LEVEL'];
  /** @returns the number of lines that could not be written in time */
  flush(): Promise<number>;
  flushNow(): void;
}

/** Version of the ECS fields. */
const ecsVersion = '9.2.0';

/** Unique among all processes that ever were: the time, then 48 random bits. */
const makeBootId = () => Date.now().toString(16).padStart(12, '0') + randomBytes(6).toString('hex');

/** For people, so in their terminal: what came from clients must not reach it as it is. */
const visibly = (_name: string, value: unknown) => (typeof value === 'string' ? visible(value) : value);

function prettyDestination(): LogDestination {
  const stream = pretty({
    sync: true,
    messageKey: 'message',
    levelKey: 'log\\.level',
    timestampKey: '@timestamp',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: [
      ...['ecs\\.version', 'service\\.name', 'service\\.version', 'service\\.node\\.name'],
      ...['event\\.id', 'event\\.sequence', 'error\\.message', 'error\\.type'],
    ].join(','),
    errorLikeObjectKeys: [],
  });
  return {
    write(line) {
      stream.write(`${JSON.stringify(JSON.parse(line, visibly))}\n`);
    },
    flush: () => Promise.resolve(0),
    flushNow: () => {},
  };
}

type Settings = Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>;

export interface LogParts {
  readonly metrics: Metrics;
  /** Instead of stdout; is given who wants to know of lines that can't be written. */
  readonly destination?: ((listener: LossListener) => LogDestination) | undefined;
  /** Where lines are written as well. */
  readonly copy?: CopyReceiver | undefined;
}

let latestMs = 0;
let latest = '';

/** Now, in RFC 3339, written once a millisecond: under load many lines are of the same one. */
function now(): string {
  const ms = Date.now();
  if (ms !== latestMs) {
    latestMs = ms;
    latest = new Date(ms).toISOString();
  }
  return latest;
}

interface PreparedEvent {
  readonly level: Level;
  /** Written at any level of the log: nobody switches the audit trail off. */
  readonly isAudit: boolean;
  readonly message: string;
  readonly fields: FlatFields;
  /** The same fields as text. */
  readonly members: string;
}

function prepareEvent(name: string, { level, message, category }: LogEvent): PreparedEvent {
  const fields = { 'event.action': name, ...(category && { 'event.category': [category] }) };
  return { level, isAudit: category !== undefined, message, fields, members: flatMembers(fields) };
}

/** The prepared part of each event's lines. */
const prepared = Object.fromEntries(
  Object.entries<LogEvent>(logEvents).map(([name, event]) => [name, prepareEvent(name, event)]),
) as Record<LogEventName, PreparedEvent>;

/** Makes the log of a process. Its lines are numbered from 1 without a gap, whatever the level. */
export function createLog(
  { LOG_LEVEL, LOG_FORMAT }: Settings,
  { metrics, destination, copy }: LogParts,
): RootLog {
  const bootId = makeBootId();
  let sequence = 0;
  let lastError: unknown;
  const listener: LossListener = {
    failed(error) {
      lastError = error;
      metrics.count('log_write_errors_total', {});
    },
    lost: (lines) => root.writeError('log-lines-lost', lastError, { 'labels.lines_lost': lines }),
    escaped: (error) => root.escaped('log', error),
  };
  const toStdout = LOG_FORMAT === 'pretty' ? prettyDestination : () => openLogDestination(1, listener);
  const output = (destination ?? toStdout)(listener);
  const copied =
    copy &&
    openLogCopy(copy, {
      failed: (error) => root.writeError('log-copy-failed', error),
      recovered: () => root.write('log-copy-recovered'),
      incomplete: (lines) => root.write('log-copy-incomplete', { 'labels.lines_lost': lines }),
      escaped: (error) => root.escaped('log_copy', error),
    });
  const lines = copied
    ? {
        write(line: string) {
          output.write(line);
          copied.write(line);
        },
      }
    : output;
  const base = {
    'ecs.version': ecsVersion,
    'service.name': service.name,
    'service.version': service.version,
    'service.node.name': `${hostname()}:${process.pid}`,
  };
  /** Each line is asked for its number once, so this is also the place to count. */
  function timestamp(): string {
    sequence += 1;
    return `,"@timestamp":"${now()}","event.id":"${bootId}-${sequence}","event.sequence":${sequence}`;
  }
  const logger = pino(
    {
      level: LOG_LEVEL,
      messageKey: 'message',
      base,
      formatters: { level: (level: string) => ({ 'log.level': level }) },
      timestamp,
    },
    lines,
  );

  // pino has called `timestamp` once by now, to see what it makes.
  sequence = 0;

  const baseMembers = flatMembers(base);
  class BoundLog implements Log {
    readonly #bound: (() => BoundFields) | undefined;

    constructor(bound: (() => BoundFields) | undefined) {
      this.#bound = bound;
    }

    write<Event extends LogEventName>(event: Event, fields?: FieldsOf<Event>, message?: string): void {
      const { level, isAudit, message: usual, fields: own, members: ownMembers } = prepared[event];
      const isEnabled = logger.isLevelEnabled(level);
      if (!isEnabled && !isAudit) return;
      metrics.count('log_events_total', { level });
      if (this.#bound === undefined && isEnabled) {
        logger[level]({ ...own, ...fields }, message ?? usual);
        return;
      }
      // A line of a request is written as pino would write it, in less time (packages/telemetry/flat-line.ts says how much),
      // and so is a line of the audit trail that pino would drop for its level.
      const head = `{"log.level":"${level}"${timestamp()}${baseMembers}${ownMembers}`;
      const given = flatMembers(fields ?? {});
      lines.write(
        head + flatMembers(this.#bound?.() ?? {}, fields) + given + messageMember(message ?? usual),
      );
    }

    writeError<Event extends LogEventName>(
      event: Event,
      error: unknown,
      fields?: FieldsOf<Event>,
      input?: readonly string[],
    ): void {
      this.write(event, { ...errorFields(error, input), ...fields } as FieldsOf<Event>);
    }

    escaped(place: CallbackPlace, error: unknown): void {
      try {
        metrics.count('callback_errors_total', { place });
        this.writeError('callback-failed', error, { 'labels.place': place });
      } catch (failure) {
        // Neither the metrics nor the log can be told any more.
        console.error(failure, error);
      }
    }

    with(further: () => BoundFields): Log {
      const bound = this.#bound;
      return new BoundLog(bound ? () => ({ ...bound(), ...further() }) : further);
    }
  }

  class ProcessLog extends BoundLog implements RootLog {
    get level(): Config['LOG_LEVEL'] {
      return logger.level as Config['LOG_LEVEL'];
    }

    set level(level: Config['LOG_LEVEL']) {
      logger.level = level;
    }

    async flush(): Promise<number> {
      const missing = (await copied?.close()) ?? 0;
      if (missing > 0) this.write('log-copy-incomplete', { 'labels.lines_lost': missing });
      return output.flush();
    }

    flushNow(): void {
      output.flushNow();
    }
  }
  const root: RootLog = new ProcessLog(undefined);
  return root;
}
