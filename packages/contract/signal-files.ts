/** Files that are made from the signal contract for those who can't read TypeScript. */
import { clockToleranceSeconds } from './clock.ts';
import type { LabelValues, LogEvent, LogField, Matcher, MetricSignal, Selectors, Slo } from './signal.ts';
import { foreignMetrics, logEvents, logFields, metrics, routeClasses, serviceName, slos } from './signals.ts';

/** A value as jsonnetfmt writes it. */
function jsonnet(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (typeof value === 'string')
    return value.includes("'") ? JSON.stringify(value) : `'${value.replaceAll('\\', '\\\\')}'`;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const flat = `[${value.map((each) => jsonnet(each)).join(', ')}]`;
    if (!flat.includes('\n') && !value.some((each) => typeof each === 'object')) return flat;
    return `[\n${value.map((each) => `${inner}${jsonnet(each, inner)},\n`).join('')}${indent}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    if (members.length === 0) return '{}';
    const line = ([name, member]: [string, unknown]) =>
      `${inner}${/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`}: ${jsonnet(member, inner)},\n`;
    return `{\n${members.map(line).join('')}${indent}}`;
  }
  return String(value);
}

const matcher = ([label, operator, value]: Matcher) => `${label}${operator}${JSON.stringify(value)}`;

/** The selections of a route class, each with the further conditions, as PromQL writes them. */
const selections = (selectors: Selectors, further: readonly Matcher[]) =>
  selectors.map((each) => [...each, ...further].map(matcher));

function jsonnetSlo(slo: Slo) {
  const selectors = (routeClasses as Readonly<Record<string, Selectors>>)[slo.routeClass];
  if (!selectors) throw new Error(`There is no route class ${slo.routeClass}.`);
  const { about, objective, windowDays, minBadEvents } = slo;
  const side = ({ metric, matchers }: Slo['total']) => ({
    metric,
    selections: selections(selectors, matchers),
  });
  return { about, objective, windowDays, minBadEvents, total: side(slo.total), good: side(slo.good) };
}

const fromHere = 'Generated from packages/contract by `make generate`; change it there.';

/** The text of alerts/generated/signals.libsonnet. */
export function signalsLibsonnet(): string {
  const listed = (values: LabelValues) => (Array.isArray(values) ? values : null);
  const library = {
    serviceName,
    clockToleranceSeconds,
    metrics: Object.fromEntries(
      Object.entries<MetricSignal>(metrics).map(([name, { type, help, unit, emitter, labels, buckets }]) => [
        name,
        {
          name,
          type,
          help,
          unit,
          emitter,
          labels: Object.fromEntries(
            Object.entries(labels).map(([label, values]) => [label, listed(values)]),
          ),
          buckets,
        },
      ]),
    ),
    slos: Object.fromEntries(Object.entries(slos).map(([name, slo]) => [name, jsonnetSlo(slo)])),
    foreignMetrics,
  };
  return `// ${fromHere}\n${jsonnet(library)}\n`;
}

/** A field by its dots as the objects that Elasticsearch nests properties in. */
function nest(fields: Readonly<Record<string, LogField>>) {
  type Node = { properties: Record<string, Node | { type: string }> };
  const root: Node = { properties: {} };
  for (const [name, { type }] of Object.entries(fields)) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let at = root;
    for (const part of path) {
      at.properties[part] ??= { properties: {} };
      at = at.properties[part] as Node;
    }
    at.properties[last] = { type };
  }
  return root.properties;
}

/** The text of the component template that says how Elasticsearch keeps each field; it takes no other. */
export function elasticsearchMappings(): string {
  const template = {
    _meta: { description: fromHere },
    template: { mappings: { dynamic: false, properties: nest(logFields) } },
  };
  return `${JSON.stringify(template, null, 2)}\n`;
}

/** The text of the file with the formats of the Kibana data view, by field. */
export function kibanaFieldFormats(): string {
  const formats = Object.entries<LogField>(logFields).flatMap(([name, { format }]) =>
    format
      ? [
          [
            name,
            {
              id: 'duration',
              params: { inputFormat: format, outputFormat: 'humanizePrecise', outputPrecision: 1 },
            },
          ],
        ]
      : [],
  );
  return `${JSON.stringify(Object.fromEntries(formats), null, 2)}\n`;
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const code = (text: string) => `\`${text}\``;

function describeLabels(labels: MetricSignal['labels']): string {
  const one = ([name, values]: [string, LabelValues]) =>
    `${code(name)}: ${'boundedBy' in values ? values.boundedBy : values.join(', ')}`;
  return Object.entries(labels).map(one).join('; ');
}

const percent = (share: number) => `${Number((share * 100).toFixed(3))} %`;

/** Says of a metric, as items of a list in Markdown, what else a page should say. */
export type MoreAbout = (metric: string) => readonly string[];

function describeMetric(name: string, signal: MetricSignal, more: readonly string[]): string {
  const { type, unit, labels, help, emitter, onlyWith } = signal;
  const items = [
    `${type}, ${unit}; emitted by ${emitter}${onlyWith ? `, only with ${onlyWith}` : ''}`,
    ...(Object.keys(labels).length > 0 ? [`Labels: ${describeLabels(labels)}`] : []),
    ...more,
  ];
  return `### \`${name}\`\n\n${help}\n\n${items.map((item) => `- ${item}`).join('\n')}`;
}

/** The text of docs/signals.md. */
export function signalsPage(moreAbout: MoreAbout): string {
  const of = <Signal>(all: Readonly<Record<string, Signal>>) => Object.entries<Signal>(all);
  return `# Signals

Generated by \`make generate\`: what signals mean is declared in packages/contract, and changed there; which file emits a
metric, and which panels and alerts need it, is read from the code, the rules and the dashboards.

To find where a number comes from, search this page for the title of its panel or the name of its alert. Both stand at each
metric that they need, through recording rules too.

## Service level objectives

${table(
  ['SLO', 'Objective', 'Window', 'What it is about', 'Least bad events for an alert'],
  of<Slo>(slos).map(([name, { objective, windowDays, about, minBadEvents }]) => [
    code(name),
    percent(objective),
    `${windowDays} days`,
    about,
    String(minBadEvents),
  ]),
)}

## Metrics

${of<MetricSignal>(metrics)
  .map(([name, signal]) => describeMetric(name, signal, moreAbout(name)))
  .join('\n\n')}

## Log fields

One JSON object a line, with flat names of the Elastic Common Schema. A value that isn't there has no field.

${table(
  ['Field', 'Type', 'What it holds', 'Example', 'Personal data'],
  of<LogField>(logFields).map(([name, { type, about, example, personal = '' }]) => [
    code(name),
    type,
    about,
    code(typeof example === 'object' ? example.join(', ') : String(example)),
    personal,
  ]),
)}

## Log events

Every line has one of these in \`event.action\`. Those with a category are the audit trail.

${table(
  ['Event', 'Level', 'Category', 'What happened', 'Its fields, beside those of every line', 'Emitted by'],
  of<LogEvent>(logEvents).map(([name, { level, category = '', message, fields, emitter }]) => [
    code(name),
    level,
    category,
    message,
    fields.map(code).join(', '),
    emitter,
  ]),
)}
`;
}
