/** Expressions against the signal contract: whether all that they name exists, and which signals they use. */
import type { ForeignMetric, LabelValues, MetricSignal } from '@sightline/contract/signal.ts';
import { foreignMetrics, metrics } from '@sightline/contract/signals.ts';
import { type LabelMatcher, namesIn } from './promql.ts';

const own: Readonly<Record<string, MetricSignal>> = metrics;
const foreign: Readonly<Record<string, ForeignMetric>> = foreignMetrics;

/** Labels that Prometheus gives to every series of a target. */
const targetLabels = ['job', 'instance', 'namespace', 'pod'];

/** Recording rules by their name, and the labels of their series. */
export type Recorded = Readonly<Record<string, readonly string[]>>;

/** A metric of the contract by the name of one of its series: of a histogram those are its buckets, count and sum. */
export function signalOf(series: string): { name: string; signal: MetricSignal; suffix: string } | undefined {
  const signal = own[series];
  if (signal) return signal.type === 'histogram' ? undefined : { name: series, signal, suffix: '' };
  const [, name = '', suffix = ''] = /^(.+)(_bucket|_count|_sum)$/.exec(series) ?? [];
  const histogram = own[name];
  return histogram?.type === 'histogram' ? { name, signal: histogram, suffix } : undefined;
}

/** The values that the contract lists for a label, or `undefined` where it only bounds them. */
function listedValues(series: string, label: string): readonly string[] | undefined {
  const found = signalOf(series);
  const values: LabelValues | undefined = found?.signal.labels[label];
  return values === undefined || 'boundedBy' in values ? undefined : values;
}

/** The labels of a metric's series; `undefined` when there is no such metric. */
function labelsOf(series: string, recorded: Recorded): readonly string[] | undefined {
  const found = signalOf(series);
  if (found)
    return [
      ...Object.keys(found.signal.labels),
      ...(found.suffix === '_bucket' ? ['le'] : []),
      ...targetLabels,
    ];
  const other = foreign[series];
  if (other) return [...other.labels, ...targetLabels];
  return recorded[series];
}

const takes = ({ operator, value }: LabelMatcher, given: string) =>
  operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(given) : value === given;

/** Sentences about what the expression names and nobody declares. */
export function undeclared(expr: string, recorded: Recorded = {}): readonly string[] {
  const { selectors, groupings } = namesIn(expr);
  const problems: string[] = [];
  for (const { metric, matchers } of selectors) {
    const labels = labelsOf(metric, recorded);
    if (labels === undefined) {
      problems.push(`${metric} is no metric of the contract, of foreignMetrics or of a recording rule.`);
      continue;
    }
    for (const matcher of matchers) {
      if (!labels.includes(matcher.label)) problems.push(`${metric} has no label ${matcher.label}.`);
      const values = listedValues(metric, matcher.label);
      if (values && !values.some((value) => takes(matcher, value)))
        problems.push(
          `No value of ${metric}'s label ${matcher.label} is ${matcher.value}: it has ${values.join(', ')}.`,
        );
    }
  }
  for (const grouping of groupings)
    for (const label of grouping.labels)
      if (!grouping.selectors.some(({ metric }) => labelsOf(metric, recorded)?.includes(label)))
        problems.push(`No series that is grouped by ${label} has it: ${expr}`);
  return problems;
}

/** The labels that the result of an expression may have. */
export const resultLabels = (expr: string, recorded: Recorded = {}): ReadonlySet<string> =>
  new Set(namesIn(expr).selectors.flatMap(({ metric }) => labelsOf(metric, recorded) ?? []));

/** The signals of the contract that the expressions use, by name. */
export const signalsUsed = (expressions: readonly string[]): ReadonlySet<string> =>
  new Set(
    expressions
      .flatMap((expr) => namesIn(expr).selectors)
      .flatMap(({ metric }) => signalOf(metric)?.name ?? []),
  );
