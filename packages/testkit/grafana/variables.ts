/** The values that a dashboard's variables have when somebody opens it. */
import type { Queries } from '../prometheus-answer.ts';
import { interpolate, type Variables, type VariableValue } from './interpolate.ts';
import type { TimeRange } from './time.ts';
import type { Dashboard, VariableDefinition } from './walk.ts';

/** Grafana's word for all values. */
export const all = '$__all';

/** The options of a variable, and its value. */
export interface VariableChoice {
  /** None of a variable that is no choice between values. */
  readonly options: readonly string[];
  readonly value: VariableValue;
}

/**
 * Asks Prometheus for the values of query variables, one after the other, since each may use those before it.
 * @throws Error with a sentence for a variable that has no value, or is of a kind that isn't known here
 */
export async function variablesOf(
  dashboard: Dashboard,
  prometheus: Queries,
  range: TimeRange,
  builtIn: readonly (readonly [string, VariableValue])[],
): Promise<Variables> {
  const choices = await choicesOf(dashboard, prometheus, range, builtIn);
  return new Map([...builtIn, ...[...choices].map(([name, { value }]) => [name, value] as const)]);
}

/** The same with what each could be instead. Throws as `variablesOf` does. */
export async function choicesOf(
  { title, variables }: Dashboard,
  prometheus: Queries,
  range: TimeRange,
  builtIn: readonly (readonly [string, VariableValue])[],
): Promise<ReadonlyMap<string, VariableChoice>> {
  const known = new Map<string, VariableValue>(builtIn);
  const choices = new Map<string, VariableChoice>();
  for (const definition of variables) {
    try {
      const choice = await choiceOf(definition, known, prometheus, range);
      choices.set(definition.name, choice);
      known.set(definition.name, choice.value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Dashboard "${title}", variable $${definition.name}: ${reason}`);
    }
  }
  return choices;
}

async function choiceOf(
  definition: VariableDefinition,
  known: Variables,
  prometheus: Queries,
  range: TimeRange,
): Promise<VariableChoice> {
  const { type, query, current } = definition;
  const fixed = (value: string) => ({ options: [], value: { values: [value], isPattern: false } });
  const among = (options: readonly string[]) => ({ options, value: chosen(definition, options) });
  switch (type) {
    case 'datasource':
      return fixed(current[0] ?? 'prometheus');
    case 'constant':
    case 'textbox':
      return fixed(query === '' ? (current[0] ?? '') : query);
    case 'custom':
    case 'interval':
      return among(optionsOf(query));
    case 'query':
      return among(kept(definition, await askFor(query, known, prometheus, range)));
    default:
      throw new Error(`variables of the type "${type}" are not known here.`);
  }
}

/** `a, b : Text` as `a` and `b`'s value. */
const optionsOf = (query: string) =>
  query
    .split(',')
    .map((option) => (option.split(/\s:\s/).at(-1) ?? '').trim())
    .filter((option) => option !== '');

/** `label_values(label)` or `label_values(selector, label)`. */
function askFor(
  query: string,
  known: Variables,
  prometheus: Queries,
  { from, to }: TimeRange,
): Promise<readonly string[]> {
  const asked = interpolate(query, known);
  const [, inside = ''] = /^label_values\((.*)\)$/s.exec(asked.trim()) ?? [];
  const comma = inside.lastIndexOf(',');
  const label = inside.slice(comma + 1).trim();
  const selector = inside.slice(0, Math.max(comma, 0)).trim();
  if (!/^[a-zA-Z_]\w*$/.test(label) || (comma >= 0 && selector === ''))
    throw new Error(`"${asked}" is no label_values(…).`);
  return prometheus.labelValues(label, selector === '' ? [] : [selector], from, to);
}

/** Keeps what the variable's `regex` finds: all of a value, or its group `value`, or the first group. */
function kept({ regex }: VariableDefinition, values: readonly string[]): readonly string[] {
  if (regex === '') return values;
  const [, source = regex, flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(regex) ?? [];
  const pattern = new RegExp(source, flags.replace('g', ''));
  const found = values.flatMap((value) => {
    const match = pattern.exec(value);
    return match === null ? [] : [match.groups?.['value'] ?? match[1] ?? value];
  });
  return [...new Set(found)];
}

/** The value that the file has chosen, if that is still there, else All, else the first value. */
function chosen(definition: VariableDefinition, options: readonly string[]): VariableValue {
  const { query, multi, includeAll, allValue, current } = definition;
  const isPattern = multi || includeAll;
  const still = current.filter((value) => options.includes(value));
  if (still.length > 0 && !current.includes(all)) return { values: still, isPattern };
  if (includeAll) {
    if (allValue !== undefined) return { values: options, isPattern, verbatim: allValue };
    if (options.length > 0) return { values: options, isPattern };
  }
  const [first] = options;
  if (first === undefined) throw new Error(`has no value: ${query} finds nothing.`);
  return { values: [first], isPattern };
}
