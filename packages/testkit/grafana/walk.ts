/** Finds every query in a dashboard file, whatever shape Grafana gave it. */

/** A query that Grafana runs to draw a panel. */
export interface PanelQuery {
  /** The dashboard's uid. */
  readonly dashboard: string;
  readonly panel: string;
  readonly refId: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly range: boolean;
  /** Shortest step, as `30s` or a variable, where the panel sets one. */
  readonly minStep?: string;
  /** Most points of a series. */
  readonly maxDataPoints: number;
  /** Name of each series, as `{{route}}`; empty: its labels. */
  readonly legend: string;
  /** `table` or `heatmap`; empty: series. */
  readonly format: string;
  /** The variable that the panel is repeated for, a panel a value. */
  readonly repeat?: string;
}

export interface VariableDefinition {
  readonly name: string;
  readonly type: string;
  /** `label_values(…)` of a query variable; of others their values or options. */
  readonly query: string;
  /** Which values a query variable keeps, `/…/`; the first group is what it keeps of them. */
  readonly regex: string;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
  /** The values that the file has chosen. */
  readonly current: readonly string[];
}

export interface AnnotationQuery {
  readonly name: string;
  readonly expr: string;
  /** Its values are the times, in milliseconds since 1970; else there is one wherever it has a value. */
  readonly useValueForTime: boolean;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly queries: readonly PanelQuery[];
  readonly variables: readonly VariableDefinition[];
  readonly annotations: readonly AnnotationQuery[];
}

export type Json = Readonly<Record<string, unknown>>;

export const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The width of a screen that panels share, in pixels and in columns. */
const screen = { pixels: 1920, columns: 24 };

/** Throws a sentence when the file is no dashboard. */
export function readDashboard(json: unknown, file: string): Dashboard {
  const dashboard = objectOf(json);
  const [uid, title] = [textOf(dashboard['uid']), textOf(dashboard['title'])];
  if (uid === '' || title === '') throw new Error(`${file} is no dashboard: it has no uid or no title.`);
  const rows = listOf(dashboard['rows']).map((row) => ({ type: 'row', ...row }));
  return {
    uid,
    title,
    queries: [...listOf(dashboard['panels']), ...rows].flatMap((panel) => queriesOf(panel, uid)),
    variables: listOf(objectOf(dashboard['templating'])['list']).map(variableOf),
    annotations: listOf(objectOf(dashboard['annotations'])['list']).flatMap(annotationOf),
  };
}

/** A row has panels of its own while it is collapsed; the rows of old files always have. */
export function queriesOf(panel: Json, dashboard: string, repeatedRow?: string): readonly PanelQuery[] {
  const repeat = textOf(panel['repeat']) || repeatedRow;
  const inside = listOf(panel['panels']).flatMap((each) => queriesOf(each, dashboard, repeat));
  const title = textOf(panel['title']) || `panel ${String(panel['id'] ?? 'without id')}`;
  const width = Number(objectOf(panel['gridPos'])['w'] ?? screen.columns);
  const own = listOf(panel['targets']).flatMap((target): PanelQuery[] => {
    const expr = textOf(target['expr']).trim();
    // Grafana runs no hidden query, and asks other data sources in other languages.
    if (expr === '' || target['hide'] === true || !isPrometheus(target['datasource'] ?? panel['datasource']))
      return [];
    const instant = target['instant'] === true || target['queryType'] === 'instant';
    const minStep = textOf(target['interval']) || textOf(panel['interval']);
    return [
      {
        dashboard,
        panel: title,
        refId: textOf(target['refId']) || '?',
        expr,
        instant,
        range: target['range'] === true || !instant,
        legend: textOf(target['legendFormat']),
        format: textOf(target['format']),
        maxDataPoints: Number(panel['maxDataPoints'] ?? Math.round((screen.pixels * width) / screen.columns)),
        ...(minStep !== '' && { minStep }),
        ...(repeat && { repeat }),
      },
    ];
  });
  return [...own, ...inside];
}

/** A data source is an object, in old files a name; without one it is the default, which is Prometheus. */
function isPrometheus(datasource: unknown): boolean {
  const { type, uid } = objectOf(datasource);
  if (uid === '-- Dashboard --' || uid === '-- Grafana --') return false;
  return type === undefined || type === 'prometheus' || type === 'datasource';
}

function variableOf(variable: Json): VariableDefinition {
  const { query, allValue } = variable;
  const { value } = objectOf(variable['current']);
  return {
    name: textOf(variable['name']),
    type: textOf(variable['type']),
    query: textOf(query) || textOf(objectOf(query)['query']) || textOf(variable['definition']),
    regex: textOf(variable['regex']),
    multi: variable['multi'] === true,
    includeAll: variable['includeAll'] === true,
    ...(typeof allValue === 'string' && allValue !== '' && { allValue }),
    current: Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)],
  };
}

function annotationOf(annotation: Json): readonly AnnotationQuery[] {
  const expr = textOf(objectOf(annotation['target'])['expr']) || textOf(annotation['expr']);
  if (expr === '' || annotation['enable'] === false || !isPrometheus(annotation['datasource'])) return [];
  const useValueForTime = annotation['useValueForTime'] === true || annotation['useValueForTime'] === 'on';
  return [{ name: textOf(annotation['name']), expr, useValueForTime }];
}
