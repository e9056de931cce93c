/** The types of a signal's declaration; the files beside it declare all signals with them. */

/** The program that emits a signal. One that isn't built yet is listed, and its signals are not looked for. */
export type Emitter = 'api' | 'log-shipper' | 'alert-webhook' | 'backup';

/** Unit of a metric's values, in the base units that Prometheus asks for. */
export type Unit = 'seconds' | 'bytes' | 'ratio' | 'unix_seconds' | 'bool' | `count of ${string}`;

/** The values that a label can take: a list, or what bounds them where the list is made elsewhere. */
export type LabelValues = readonly string[] | { readonly boundedBy: string; readonly max: number };

/** The labels of a metric that has none. */
export const emptyLabels = {} as const;

export interface MetricSignal {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly unit: Unit;
  readonly emitter: Emitter;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram's buckets in its unit, without +Inf. */
  readonly buckets?: readonly number[];
  /** Whether buckets remember the trace of their last sampled request. */
  readonly exemplars?: true;
  /**
   * Whether its series are there from the start, at zero: `all` combinations of its labels, those of the declared
   * `routes`, or `none` because a zero would be a lie. A rate misses the first increase of a series that appears
   * with it, and a ratio without its denominator is empty.
   */
  readonly initialised: 'all' | 'routes' | 'none';
  /** The setting without which it isn't emitted. */
  readonly onlyWith?: string;
  /** Why no panel, alert or saved search uses it. */
  readonly unusedBecause?: string;
}

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Field types of Elasticsearch. */
export type FieldType = 'keyword' | 'match_only_text' | 'wildcard' | 'date' | 'long' | 'double' | 'ip';

/** The treatment of a value that says something about a person, before it is written. */
export type PersonalData =
  /** An id that means nothing outside our database, and nothing at all once the person is erased. */
  | 'pseudonym'
  /** An address cut down to its network. */
  | 'truncated';

export interface LogField {
  readonly type: FieldType;
  readonly about: string;
  readonly example: string | number | readonly string[];
  readonly personal?: PersonalData;
  /** How Kibana shows the number. */
  readonly format?: 'nanoseconds' | 'milliseconds';
  /** Why no saved search uses it. */
  readonly unusedBecause?: string;
}

export interface LogEvent<Field extends string = string> {
  readonly level: Level;
  /** The text of the line, unless the emitter has a better sentence. */
  readonly message: string;
  readonly emitter: Emitter;
  /** `event.category` of ECS: with it the line is part of the audit trail, and is written whatever the log's level. */
  readonly category?: 'authentication' | 'configuration' | 'iam' | 'session' | 'database';
  /** The fields it may have beside those of every line and of its request. */
  readonly fields: readonly Field[];
  readonly unusedBecause?: string;
}

/** One condition on a label, as PromQL writes it. */
export type Matcher = readonly [label: string, operator: '=' | '!=' | '=~' | '!~', value: string];

/** Series that any of these selections takes; together they take none twice. */
export type Selectors = readonly (readonly Matcher[])[];

export interface Slo {
  readonly about: string;
  /** Share of good events, between 0 and 1. */
  readonly objective: number;
  readonly windowDays: number;
  /** The routes it holds for: a name of `routeClasses`. */
  readonly routeClass: string;
  /** The events that count, and the good ones among them, beside the selectors of the route class. */
  readonly total: { readonly metric: string; readonly matchers: readonly Matcher[] };
  readonly good: { readonly metric: string; readonly matchers: readonly Matcher[] };
  /**
   * The guard: a burn rate alerts only with at least so many bad events in its long window, so that one failure in
   * a quiet hour pages nobody.
   */
  readonly minBadEvents: number;
}

/** A series of a program that isn't ours, which rules and panels may use. */
export interface ForeignMetric {
  readonly from: string;
  readonly labels: readonly string[];
}
