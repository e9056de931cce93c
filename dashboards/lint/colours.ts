/** Rules that hold graphs to one colour for each meaning of a series, which its name tells. */
import type { MetricSignal } from '@sightline/contract/signal.ts';
import { metrics } from '@sightline/contract/signals.ts';
import type { Panel, Target } from '../dashboards.ts';

const all: Readonly<Record<string, MetricSignal>> = metrics;

/** Well, not well, and between; other names have no meaning of this kind, and neither of the first two colours. */
const meanings: readonly (readonly [colour: string, names: readonly string[]])[] = [
  ['green', ['success', 'good', 'shipped', 'committed', '2xx', '200', '201', '204']],
  [
    'red',
    ['failure', 'failed', 'error', 'fatal', 'bad', 'dead_lettered', 'dropped', 'rolled back', 'deadlocks'],
  ],
  ['red', ['5xx', '500', '503']],
  ['orange', ['refused', 'replayed', 'warn', '4xx', '404', '499']],
  ['blue', ['info', '3xx', '304']],
];
const colourOf = (name: string) =>
  meanings.find(([, names]) => names.includes(name.replace(/^.*[:,] /, '')))?.[0];

/** Values of labels that the contract bounds without listing them. */
const samples: Readonly<Record<string, readonly string[]>> = { status: ['200', '304', '404', '500', '503'] };

/** The values that a label of a query can have. */
function valuesOf(label: string, { expr }: Target): readonly string[] {
  const listed = Object.entries(all).flatMap(([name, { labels }]) => {
    const values = labels[label];
    return Array.isArray(values) && new RegExp(`\\b${name}(_count|_sum|_bucket)?\\b`).test(expr)
      ? values
      : [];
  });
  const matchers = [...expr.matchAll(new RegExp(`\\b${label}(=~|!~|!=|=)"([^"]*)"`, 'g'))];
  return [...new Set<string>([...listed, ...(samples[label] ?? [])])].filter((value) =>
    matchers.every(([, operator = '', text = '']) => {
      if (text.includes('$')) return true;
      const is = operator.includes('~') ? new RegExp(`^(?:${text})$`).test(value) : text === value;
      return operator.startsWith('!') ? !is : is;
    }),
  );
}

/** The names that the series of a query can have, as far as they are known before. */
export function namesOf(target: Target): readonly string[] {
  let names = [target.legendFormat];
  for (const [placeholder, label = ''] of target.legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
    const values = valuesOf(label, target);
    names = names.flatMap((name) =>
      (values.length === 0 ? ['any'] : values).map((value) => name.replace(placeholder, value)),
    );
  }
  return names;
}

/** The colours that a graph's overrides give a name. */
const drawn = ({ fieldConfig }: Panel, name: string): readonly string[] =>
  fieldConfig.overrides.flatMap(({ matcher, properties }) => {
    const [, pattern] = /^\/(.*)\/$/.exec(matcher.options) ?? [];
    const isFor =
      matcher.id === 'byRegexp' && pattern !== undefined
        ? new RegExp(pattern).test(name)
        : matcher.options === name;
    return properties
      .filter(({ id }) => isFor && id === 'color')
      .map(({ value }) => String((value as { fixedColor?: unknown }).fixedColor));
  });

/** Sentences about names whose colour is another than everywhere else. */
export const wrongColours = (panel: Panel): readonly string[] =>
  panel.type !== 'timeseries'
    ? []
    : [...new Set(panel.targets.flatMap(namesOf))].flatMap((name) => {
        const [wanted, found] = [[colourOf(name) ?? []].flat(), drawn(panel, name)];
        return wanted.join() === found.join()
          ? []
          : [
              `${name} is ${found.join(' and ') || 'of any colour'}; it has to be ${wanted.join() || 'of any'}.`,
            ];
      });

/** Sentences about what a stack of areas hides: faults above the rest, or an edge of what is zero. */
export function hiddenFaults({ type, fieldConfig, targets }: Panel): readonly string[] {
  const { custom } = fieldConfig.defaults;
  if (type !== 'timeseries' || custom?.stacking?.mode !== 'normal') return [];
  const parts = targets.map((target) => {
    const colours = namesOf(target).map(colourOf);
    const faults = colours.includes('red');
    // What is between the two goes with either.
    return {
      refId: target.refId,
      faults,
      isMixed: faults && colours.some((colour) => colour !== 'red' && colour !== 'orange'),
    };
  });
  const firstOther = parts.findIndex(({ faults }) => !faults);
  const late = parts.filter(({ faults }, index) => faults && firstOther >= 0 && index > firstOther);
  return [
    ...(custom.lineWidth === 0 ? [] : ['the edge of a part that is zero is drawn over the others.']),
    ...parts
      .filter(({ isMixed }) => isMixed)
      .map(({ refId }) => `query ${refId} has faults among the others, not below them.`),
    ...late.map(({ refId }) => `query ${refId} has faults, and comes after what is none.`),
  ];
}
