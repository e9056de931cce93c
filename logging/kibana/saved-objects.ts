/** The data view, the saved searches and the dashboard, as Kibana exports and imports them. */
import type { LogField } from '@sightline/contract/signal.ts';
import { kibanaFieldFormats } from '@sightline/contract/signal-files.ts';
import { logFields } from '@sightline/contract/signals.ts';
import { type SavedSearch, searches } from './searches.ts';

/**
 * The addresses that stand in the links until the import puts the addresses of this Grafana and Jaeger there.
 */
export const anyGrafana = 'http://127.0.0.1:3001';
export const anyJaeger = 'http://127.0.0.1:16686';

export interface SavedObject {
  readonly id: string;
  readonly type: 'index-pattern' | 'search' | 'dashboard';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly { readonly name: string; readonly type: string; readonly id: string }[];
}

const dataViewId = 'logs-todo';

/** A field that Kibana makes of a line's time, since Grafana takes the middle of its range in milliseconds. */
const grafanaField = 'grafana';
const grafanaScript = "emit(doc['@timestamp'].value.toInstant().toEpochMilli())";
const minutesAround = 10;

/** A trace in Jaeger's own page, which needs no log-in. The braces are Kibana's, for the field's value. */
const traceLink = `${anyJaeger}/trace/{{value}}`;

const links = {
  'trace.id': { urlTemplate: traceLink, labelTemplate: '{{value}}' },
  [grafanaField]: {
    urlTemplate: `${anyGrafana}/d/golden-signals?time={{value}}&time.window=${minutesAround * 60_000}`,
    labelTemplate: 'Grafana at this time',
  },
} as const;

function dataView(): SavedObject {
  const formats = {
    ...(JSON.parse(kibanaFieldFormats()) as Record<string, object>),
    ...Object.fromEntries(Object.entries(links).map(([field, params]) => [field, { id: 'url', params }])),
  };
  const described = Object.entries<LogField>(logFields).map(
    ([name, { about }]) => [name, { customDescription: about }] as const,
  );
  return {
    id: dataViewId,
    type: 'index-pattern',
    attributes: {
      title: 'logs-todo-*',
      name: 'Logs of the todo API',
      timeFieldName: '@timestamp',
      // Before the first line there is nothing that fits the title.
      allowNoIndex: true,
      fields: '[]',
      sourceFilters: '[]',
      fieldAttrs: JSON.stringify(Object.fromEntries(described)),
      fieldFormatMap: JSON.stringify(formats),
      runtimeFieldMap: JSON.stringify({
        [grafanaField]: { type: 'long', script: { source: grafanaScript } },
      }),
    },
    references: [],
  };
}

const sourceReference = 'kibanaSavedObjectMeta.searchSourceJSON.index';

function savedSearch({ id, title, description, query, columns }: SavedSearch): SavedObject {
  return {
    id,
    type: 'search',
    attributes: {
      title,
      description,
      columns: [...columns, grafanaField],
      sort: [['@timestamp', 'desc']],
      grid: {},
      hideChart: false,
      isTextBasedQuery: false,
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({
          query: { query, language: 'lucene' },
          filter: [],
          indexRefName: sourceReference,
        }),
      },
    },
    references: [{ name: sourceReference, type: 'index-pattern', id: dataViewId }],
  };
}

/** Kibana's dashboards are 48 columns wide. */
const panelHeight = 14;

function dashboard(): SavedObject {
  const panels = searches.map((_, index) => ({
    type: 'search',
    panelIndex: String(index),
    gridData: { x: 0, y: index * panelHeight, w: 48, h: panelHeight, i: String(index) },
    embeddableConfig: {},
    panelRefName: `panel_${index}`,
  }));
  return {
    id: 'logs-todo-overview',
    type: 'dashboard',
    attributes: {
      title: 'Logs of the todo API',
      description: 'The saved searches of the logs, one below the other.',
      panelsJSON: JSON.stringify(panels),
      optionsJSON: JSON.stringify({ useMargins: true, syncColors: false, hidePanelTitles: false }),
      timeRestore: true,
      timeFrom: 'now-15m',
      timeTo: 'now',
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: '', language: 'lucene' }, filter: [] }),
      },
    },
    references: searches.map(({ id }, index) => ({ name: `${index}:panel_${index}`, type: 'search', id })),
  };
}

/** The oldest release whose objects look so: Kibana brings them to its own. */
const versions = {
  'index-pattern': '8.0.0',
  search: '8.0.0',
  dashboard: '8.9.0',
} as const;

/** Saved objects, each after those that it refers to. */
export const savedObjects = (): SavedObject[] => [dataView(), ...searches.map(savedSearch), dashboard()];

/** The text of the file for the import: one object a line. */
export function savedObjectsFile(): string {
  return savedObjects()
    .map((object) => ({
      ...object,
      coreMigrationVersion: '8.8.0',
      typeMigrationVersion: versions[object.type],
      managed: false,
    }))
    .map((object) => `${JSON.stringify(object)}\n`)
    .join('');
}
