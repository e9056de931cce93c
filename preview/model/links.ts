/** Links of dashboards, with variables put in, led to where this page has what they mean. */

import type { Variables } from '@sightline/testkit/grafana/interpolate.ts';
import type { TimeRange } from '@sightline/testkit/grafana/time.ts';
import type { Link } from './panel.ts';

/** The context of a link: the parts of it that variables in its address may name. */
export interface LinkContext {
  readonly variables: Variables;
  readonly range: TimeRange;
  /** Labels of the series that it is at. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Cells of the table's row that it is at. */
  readonly row?: Readonly<Record<string, string | number>>;
}

/** A place in this page: its path and what stands after the question mark. */
export interface Place {
  readonly path: string;
  readonly parameters: URLSearchParams;
}

const formats: Readonly<Record<string, (value: string) => string>> = {
  percentencode: encodeURIComponent,
  raw: (value) => value,
};

/** `${name}`, `${name:format}`, `${__field.labels.route:percentencode}`, `${__data.fields["Route"]}`. */
const reference = /\$\{([\w.]+(?:\[(?:"|%22)[^\]]*?(?:"|%22)\])?)(?::([\w:]+))?\}/g;

function wanted(
  name: string,
  format: string,
  { variables, range, labels, row }: LinkContext,
): string | undefined {
  if (name === '__url_time_range') return `from=${range.from}&to=${range.to}`;
  if (name === '__from' || name === '__to') {
    const at = name === '__from' ? range.from : range.to;
    return format === 'date:iso' ? new Date(at).toISOString() : String(at);
  }
  const label = /^__field\.labels\.(\w+)$/.exec(name)?.[1];
  const column = /^__data\.fields(?:\.(\w+)|\[(?:"|%22)(.*)(?:"|%22)\])$/.exec(name);
  const found =
    label !== undefined
      ? labels?.[label]
      : column !== null
        ? row?.[column[1] ?? decodeURIComponent(column[2] ?? '')]
        : variables.get(name)?.values.join(',');
  if (found === undefined) return undefined;
  if (format === 'queryparam') return `var-${name}=${encodeURIComponent(String(found))}`;
  return (formats[format || 'raw'] ?? formats['raw'])?.(String(found));
}

/** Undefined where something that it is about is not there: a line of a graph without that label. */
export function filledIn({ url }: Link, context: LinkContext): string | undefined {
  let isWhole = true;
  const filled = url.replaceAll(reference, (_, name: string, format = '') => {
    const value = wanted(name, format, context);
    isWhole &&= value !== undefined;
    return value ?? '';
  });
  return isWhole ? filled : undefined;
}

/** Kibana's address has a query in Lucene's syntax and a time, in rison. */
function logSearch(hash: string): Place | undefined {
  const [lucene, from, to] = [/query:'([^']*)'/, /from:'([^']*)'/, /to:'([^']*)'/].map(
    (part) => part.exec(hash)?.[1],
  );
  if (lucene === undefined) return undefined;
  return {
    path: '/logs',
    parameters: new URLSearchParams({
      q: decodeURIComponent(lucene),
      ...(from !== undefined && { from: String(Date.parse(from)) }),
      ...(to !== undefined && { to: String(Date.parse(to)) }),
    }),
  };
}

/** Where this page has what a link means to Grafana or Kibana; undefined where it has nothing of the kind. */
export function placeOf(url: string): Place | undefined {
  const { pathname, searchParams, hash } = new URL(url, 'http://grafana.invalid');
  if (pathname.startsWith('/app/discover')) return logSearch(hash);
  if (/^\/d\/[\w-]+$/.test(pathname) || /^\/runbooks\/\w+\.md$/.test(pathname))
    return { path: pathname, parameters: searchParams };
  return undefined;
}
