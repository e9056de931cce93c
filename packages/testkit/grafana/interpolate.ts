/** Puts values in the place of variables, as Grafana does in a query for Prometheus. */

/** The values that a variable stands for. */
export interface VariableValue {
  /** Several when the variable takes several, or All. */
  readonly values: readonly string[];
  /** It may stand for several values, so that its value is a pattern even when it is one. */
  readonly isPattern: boolean;
  /** Written by the dashboard's author as a pattern, and left as it is. */
  readonly verbatim?: string;
}

export type Variables = ReadonlyMap<string, VariableValue>;

/** `$name`, `[[name:format]]`, `${name.field:format}`; `$1` is a group of label_replace. */
const reference = /\$([A-Za-z_]\w*)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

/** Inside a string of PromQL a backslash is two. */
const asPattern = (value: string) =>
  value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
const asString = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
const escapedRegex = (value: string) => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
const joined = (values: readonly string[], each: (value: string) => string) =>
  values.length === 1 ? each(values[0] ?? '') : `(${values.map(each).join('|')})`;

const formats: Readonly<Record<string, (values: readonly string[]) => string>> = {
  raw: (values) => values.join(','),
  csv: (values) => values.join(','),
  text: (values) => values.join(' + '),
  pipe: (values) => values.join('|'),
  regex: (values) => joined(values, escapedRegex),
  glob: (values) => (values.length === 1 ? (values[0] ?? '') : `{${values.join(',')}}`),
  json: (values) => JSON.stringify(values.length === 1 ? values[0] : values),
  doublequote: (values) => values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(','),
  singlequote: (values) => values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(','),
  percentencode: (values) => encodeURIComponent(formats['glob']?.(values) ?? ''),
};

/**
 * The query that Prometheus gets.
 * @throws Error with a sentence for a variable that nothing defines, and a format that Grafana doesn't have
 */
export function interpolate(text: string, variables: Variables): string {
  return text.replace(
    reference,
    (
      _match,
      plain?: string,
      square?: string,
      squareFormat?: string,
      curly?: string,
      _field?: string,
      curlyFormat?: string,
    ) => {
      const name = plain ?? square ?? curly ?? '';
      const variable = variables.get(name);
      if (variable === undefined) throw new Error(`The variable $${name} is not defined.`);
      if (variable.verbatim !== undefined) return variable.verbatim;
      const { values, isPattern } = variable;
      const format = squareFormat ?? curlyFormat;
      if (format === undefined) return isPattern ? joined(values, asPattern) : asString(values.join(','));
      const write = formats[format];
      if (write === undefined) throw new Error(`The format of \${${name}:${format}} is not known.`);
      return write(values);
    },
  );
}
