import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelValues, LogEvent, LogField, MetricSignal } from '@sightline/contract/signal.ts';
import { commonFields, logEvents, logFields, metrics } from '@sightline/contract/signals.ts';

/** Whatever is emitted has to be declared: tests send each log line and each scrape through here. */

const fields = logFields as Readonly<Record<string, LogField>>;
const events = logEvents as Readonly<Record<string, LogEvent>>;
const declared = metrics as Readonly<Record<string, MetricSignal>>;

/** Every line has these. */
const always = commonFields.slice(0, commonFields.indexOf('event.action') + 1);

function fits(value: unknown, { type }: LogField): boolean {
  if (type === 'long') return Number.isInteger(value);
  if (type === 'double') return typeof value === 'number';
  if (type === 'date') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
  );
}

/** Sentences for what the contract doesn't allow in a line of the log. */
export function problemsOfLine(text: string): string[] {
  const line = JSON.parse(text) as Record<string, unknown>;
  const action = String(line['event.action']);
  const event = events[action];
  if (!event) return [`event.action ${action} is not declared`];
  const allowed = new Set<string>([...commonFields, ...event.fields]);
  return [
    ...always.filter((name) => !(name in line)).map((name) => `${action} has no ${name}`),
    ...Object.entries(line).flatMap(([name, value]) => {
      const field = fields[name];
      if (!field) return [`${action} has ${name}, which is not declared`];
      if (!allowed.has(name)) return [`${action} has ${name}, which is not declared for it`];
      return fits(value, field) ? [] : [`${action} has ${name}=${JSON.stringify(value)}, no ${field.type}`];
    }),
    ...(line['log.level'] === event.level ? [] : [`${action} has level ${String(line['log.level'])}`]),
    ...(text.indexOf('\n') === text.length - 1 ? [] : [`${action} is not one line`]),
  ];
}

/** `a{b="c"}` as its name and labels. */
export function parseSeries(series: string): { name: string; labels: Record<string, string> } {
  const [, name = '', inner = ''] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
  const pairs = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return { name, labels: Object.fromEntries(pairs.map(([, label, value]) => [label, value])) };
}

/** The metric that a sample belongs to: that of `x_bucket` is `x`. */
export function metricOf(name: string): string {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return declared[base]?.type === 'histogram' ? base : name;
}

const takes = (values: LabelValues | undefined, value: string) =>
  values !== undefined && ('boundedBy' in values || values.includes(value));

/** Sentences for what the contract doesn't allow in the samples of a scrape. */
export function problemsOfSamples(samples: ReadonlyMap<string, number>): string[] {
  const distinct = new Map<string, Set<string>>();
  const problems = [...samples.keys()].flatMap((series) => {
    const { name, labels } = parseSeries(series);
    const metric = declared[metricOf(name)];
    if (metric?.emitter !== 'api') return [`${series} is not declared`];
    const own = Object.entries(labels).filter(([label]) => label !== 'le');
    for (const [label, value] of own) {
      const key = `${metricOf(name)} ${label}`;
      distinct.set(key, (distinct.get(key) ?? new Set()).add(value));
    }
    const names = own.map(([label]) => label).sort();
    if (names.join() !== Object.keys(metric.labels).sort().join()) return [`${series} has other labels`];
    return own
      .filter(([label, value]) => !takes(metric.labels[label], value))
      .map(([label, value]) => `${series}: ${label} can't be ${value}`);
  });
  for (const [key, values] of distinct) {
    const [name = '', label = ''] = key.split(' ');
    const bound = declared[name]?.labels[label];
    if (bound && 'boundedBy' in bound && values.size > bound.max)
      problems.push(`${name} has ${values.size} values of ${label}, more than ${bound.max}`);
  }
  return problems;
}

/** Notes that this process has made already. */
const noted = new Set<string>();

/**
 * Notes that signals were seen, for the check of `make test` that says which never are. Does nothing outside of it.
 * @param names `event x` and `metric y`
 */
export function noteSeen(names: Iterable<string>): void {
  const { SIGNALS_SEEN } = process.env;
  const news = new Set(names).difference(noted);
  if (SIGNALS_SEEN === undefined || news.size === 0) return;
  for (const name of news) noted.add(name);
  appendFileSync(
    join(SIGNALS_SEEN, `${process.pid}.txt`),
    [...news]
      .map(
        (name) => `${name}
`,
      )
      .join(''),
  );
}

/** Notes the metrics that are no longer what they were initialised with. */
export function noteMoved(samples: ReadonlyMap<string, number>): void {
  const moved = [...samples].filter(([, value]) => value !== 0);
  noteSeen(moved.map(([series]) => `metric ${metricOf(parseSeries(series).name)}`));
}

/** Throws when a line or sample isn't as declared; else notes what was seen. */
export function checkSignals(lines: readonly string[], samples: ReadonlyMap<string, number>): void {
  const problems = [...lines.flatMap(problemsOfLine), ...problemsOfSamples(samples)];
  if (problems.length > 0)
    throw new Error(`Signals against their contract:\n${[...new Set(problems)].join('\n')}`);
  noteMoved(samples);
  const actions = lines.map((line) => (JSON.parse(line) as Record<string, unknown>)['event.action']);
  noteSeen(actions.map((action) => `event ${String(action)}`));
}
