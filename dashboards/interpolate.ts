/** Variables in a panel's query, replaced as Grafana does before it asks Prometheus. */

/** What is selected: one value, several, or `all` of a variable, which stands for its `allValue` as it is. */
export type Selected = string | readonly string[] | { readonly all: string };

/** The time that a dashboard shows, as far as queries depend on it. */
export interface Shown {
  readonly rangeSeconds: number;
  /** Between two points of a graph. */
  readonly stepSeconds: number;
  /** `timeInterval` of the data source. */
  readonly scrapeIntervalSeconds: number;
}

/** In a regular expression in a string of PromQL, hence twice. */
const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\\\\\').replaceAll(/[$^*{}[\]'+?.()|]/g, '\\\\$&');

function textOf(name: string, selected: Selected): string {
  if (typeof selected === 'string') return selected;
  if ('all' in selected) return selected.all;
  const [only, ...others] = selected.map(escaped);
  if (only === undefined) throw new Error(`Nothing is selected for the variable ${name}.`);
  return others.length === 0 ? only : `(${[only, ...others].join('|')})`;
}

/** Grafana's own variables of time. */
function timesOf({ rangeSeconds, stepSeconds, scrapeIntervalSeconds }: Shown): Record<string, string> {
  const interval = Math.max(stepSeconds, scrapeIntervalSeconds);
  return {
    __interval: `${interval}s`,
    __rate_interval: `${Math.max(interval + scrapeIntervalSeconds, 4 * scrapeIntervalSeconds)}s`,
    __range: `${rangeSeconds}s`,
  };
}

/**
 * The query that Grafana would send. A variable that takes one value only is a string here, and put in as it is.
 * @throws an error that names a variable that nothing is selected for
 */
export function interpolate(expr: string, values: Readonly<Record<string, Selected>>, shown: Shown): string {
  const all = { ...values, ...timesOf(shown) };
  return expr.replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (_, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? '';
    const selected = all[name];
    if (selected === undefined) throw new Error(`The query uses a variable that has no value: ${name}.`);
    return textOf(name, selected);
  });
}
