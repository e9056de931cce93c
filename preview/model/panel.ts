/** A panel of a dashboard file with what is needed to draw it, and sentences about what can't be. */
import {
  type Json,
  listOf,
  objectOf,
  type PanelQuery,
  queriesOf,
  textOf,
} from '@sightline/testkit/grafana/walk.ts';
import { knownUnits } from './units.ts';

export const kinds = [
  ...([
    'timeseries',
    'stat',
    'gauge',
    'bargauge',
    'table',
    'heatmap',
    'state-timeline',
    'text',
    'row',
  ] as const),
] as const;
export type Kind = (typeof kinds)[number];

/** Names of Grafana's colours that are drawn here. */
export const colours = ['green', 'yellow', 'orange', 'red', 'blue', 'purple', 'transparent', 'text'] as const;
export type Colour = (typeof colours)[number];

export interface Step {
  readonly colour: Colour;
  /** From here on; null: from the beginning. */
  readonly value: number | null;
}

/** The text that is shown in place of a value. */
export interface Mapping {
  readonly value: string;
  readonly text: string;
  readonly colour: Colour | undefined;
}

export interface Link {
  readonly title: string;
  readonly url: string;
}

/** How values are written and coloured. */
export interface Field {
  readonly unit: string;
  readonly decimals: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly mappings: readonly Mapping[];
  readonly steps: readonly Step[];
  /** Where a value leads. */
  readonly links: readonly Link[];
  /** Whether a table's cell has coloured text. */
  readonly colouredText: boolean;
  /** Colour of a graph's series; undefined: the next of the palette. */
  readonly colour: Colour | undefined;
}

/** A place in the grid with 24 columns. */
export interface GridPlace {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Transformation {
  readonly id: string;
  readonly options: Json;
}

export interface Panel {
  readonly id: number;
  readonly kind: Kind | undefined;
  readonly title: string;
  readonly description: string;
  readonly grid: GridPlace;
  readonly queries: readonly PanelQuery[];
  readonly field: Field;
  /** Changes for the series or columns of some names. */
  readonly overrides: readonly {
    readonly isFor: (name: string) => boolean;
    readonly change: Partial<Field>;
  }[];
  readonly transformations: readonly Transformation[];
  /** Its text without data. */
  readonly noValue: string;
  readonly links: readonly Link[];
  readonly stacked: boolean;
  /** From 0 to 1. */
  readonly fill: number;
  /** Whether its lines are drawn, and not only the areas below them. */
  readonly edges: boolean;
  readonly thresholdLines: boolean;
  readonly legend: 'list' | 'table' | 'hidden';
  readonly colourMode: 'background' | 'value' | 'none';
  readonly withName: boolean;
  readonly sortBy: { readonly column: string; readonly descending: boolean } | undefined;
  /** Units of a heatmap's rows and of its cells. */
  readonly rowUnit: string;
  readonly cellUnit: string;
  /** Markdown of a text panel. */
  readonly content: string;
  /** Why it, or a part of it, can't be drawn. */
  readonly unsupported: readonly string[];
}

/** The transformations that can be drawn as Grafana does. */
const transformations = ['merge', 'filterFieldsByName', 'organize'];
const overridable = [
  'unit',
  'decimals',
  'min',
  'max',
  'thresholds',
  'links',
  'mappings',
  'custom.cellOptions',
  'color',
];

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const isColour = (name: string): name is Colour => colours.some((known) => known === name);

/** Notes what is not known, so that the panel can say so by name. */
class Reader {
  readonly sentences: string[] = [];

  /** @returns the value when it is one of those */
  one<Known extends string>(what: string, value: string, known: readonly Known[]): Known | undefined {
    const found = known.find((each) => each === value);
    if (found === undefined)
      this.sentences.push(`${what} "${value}" is not supported here; known: ${known.join(', ')}.`);
    return found;
  }

  colour(name: string): Colour {
    if (isColour(name)) return name;
    this.one('The colour', name, colours);
    return 'text';
  }
}

function linkOf(link: Json): Link {
  return { title: textOf(link['title']), url: textOf(link['url']) };
}

function stepsOf(thresholds: unknown, reader: Reader): readonly Step[] {
  const { mode = 'absolute', steps } = objectOf(thresholds);
  reader.one('The threshold mode', String(mode), ['absolute']);
  return listOf(steps).map(({ color, value }) => ({
    colour: reader.colour(textOf(color)),
    value: numberOf(value) ?? null,
  }));
}

function mappingsOf(mappings: unknown, reader: Reader): readonly Mapping[] {
  return listOf(mappings).flatMap(({ type, options }) => {
    reader.one('The value mapping', String(type), ['value']);
    return Object.entries(objectOf(options)).map(([value, result]) => {
      const { text, color } = objectOf(result);
      return {
        value,
        text: textOf(text) || value,
        colour: color === undefined ? undefined : reader.colour(textOf(color)),
      };
    });
  });
}

function unitOf(unit: unknown, reader: Reader): string {
  const name = textOf(unit) || 'none';
  reader.one('The unit', name, knownUnits);
  return name;
}

function fieldOf(defaults: Json, reader: Reader): Field {
  return {
    unit: unitOf(defaults['unit'], reader),
    decimals: numberOf(defaults['decimals']),
    min: numberOf(defaults['min']),
    max: numberOf(defaults['max']),
    mappings: mappingsOf(defaults['mappings'], reader),
    steps: stepsOf(defaults['thresholds'], reader),
    links: listOf(defaults['links']).map(linkOf),
    colouredText: false,
    colour: undefined,
  };
}

function changeOf(id: string, value: unknown, reader: Reader): Partial<Field> {
  switch (reader.one('The override', id, overridable)) {
    case 'unit':
      return { unit: unitOf(value, reader) };
    case 'decimals':
    case 'min':
    case 'max':
      return { [id]: numberOf(value) };
    case 'thresholds':
      return { steps: stepsOf(value, reader) };
    case 'links':
      return { links: listOf(value).map(linkOf) };
    case 'mappings':
      return { mappings: mappingsOf(value, reader) };
    case 'custom.cellOptions':
      reader.one('The cell type', textOf(objectOf(value)['type']), ['auto', 'color-text']);
      return { colouredText: objectOf(value)['type'] === 'color-text' };
    case 'color':
      reader.one('The mode of a colour', textOf(objectOf(value)['mode']), ['fixed']);
      return { colour: reader.colour(textOf(objectOf(value)['fixedColor'])) };
    default:
      return {};
  }
}

/** Which names an override is for: one, or those of a regular expression, written with its slashes. */
function matcherOf({ id, options }: Json, reader: Reader): (name: string) => boolean {
  const text = textOf(options);
  const [, pattern] = /^\/(.*)\/$/.exec(text) ?? [];
  if (reader.one('The matcher of an override', textOf(id), ['byName', 'byRegexp']) === 'byName')
    return (name) => name === text;
  if (pattern === undefined) {
    reader.sentences.push(`The matcher of an override has no slashes: ${text}.`);
    return () => false;
  }
  const regexp = new RegExp(pattern);
  return (name) => regexp.test(name);
}

/** @param dashboard the uid of the dashboard that it is of */
function panelOf(json: Json, dashboard: string): Panel {
  const reader = new Reader();
  const options = objectOf(json['options']);
  const fieldConfig = objectOf(json['fieldConfig']);
  const defaults = objectOf(fieldConfig['defaults']);
  const custom = objectOf(defaults['custom']);
  const { x, y, w, h } = objectOf(json['gridPos']);
  const legend = objectOf(options['legend']);
  const [sorted] = listOf(options['sortBy']);
  const kind = reader.one('The panel kind', textOf(json['type']), kinds);
  if (textOf(json['repeat']) !== '') reader.sentences.push('Repeated panels are not supported here.');
  reader.one(
    'The reduction',
    String(listed(objectOf(options['reduceOptions'])['calcs'])[0] ?? 'lastNotNull'),
    ['lastNotNull'],
  );
  reader.one('The stacking', textOf(objectOf(custom['stacking'])['mode']) || 'none', ['none', 'normal']);
  reader.one('The threshold style', textOf(objectOf(custom['thresholdsStyle'])['mode']) || 'off', [
    'off',
    'dashed',
  ]);
  reader.one('The draw style', textOf(custom['drawStyle']) || 'line', ['line']);
  for (const { id } of listOf(json['transformations']))
    reader.one('The transformation', textOf(id), transformations);
  const yAxis = objectOf(options['yAxis']);
  return {
    id: numberOf(json['id']) ?? 0,
    kind,
    title: textOf(json['title']),
    description: textOf(json['description']),
    grid: { x: numberOf(x) ?? 0, y: numberOf(y) ?? 0, w: numberOf(w) ?? 24, h: numberOf(h) ?? 8 },
    queries: queriesOf({ ...json, panels: [] }, dashboard),
    field: fieldOf(defaults, reader),
    overrides: listOf(fieldConfig['overrides']).map(({ matcher, properties }) => {
      const changes = listOf(properties).map(({ id, value }) => changeOf(textOf(id), value, reader));
      return { isFor: matcherOf(objectOf(matcher), reader), change: Object.assign({}, ...changes) };
    }),
    transformations: listOf(json['transformations']).map((one) => ({
      id: textOf(one['id']),
      options: objectOf(one['options']),
    })),
    noValue: textOf(defaults['noValue']) || 'No data',
    links: listOf(json['links']).map(linkOf),
    stacked: objectOf(custom['stacking'])['mode'] === 'normal',
    edges: numberOf(custom['lineWidth']) !== 0,
    fill: (numberOf(custom['fillOpacity']) ?? 0) / 100,
    thresholdLines: objectOf(custom['thresholdsStyle'])['mode'] === 'dashed',
    legend: legend['showLegend'] === false ? 'hidden' : legend['displayMode'] === 'table' ? 'table' : 'list',
    colourMode:
      reader.one('The colour mode', textOf(options['colorMode']) || 'none', [
        'background',
        'value',
        'none',
      ]) ?? 'none',
    withName: textOf(options['textMode']).endsWith('name'),
    sortBy: sorted && { column: textOf(sorted['displayName']), descending: sorted['desc'] === true },
    rowUnit: unitOf(yAxis['unit'], reader),
    cellUnit: unitOf(objectOf(options['cellValues'])['unit'], reader),
    content: textOf(options['content']),
    unsupported: reader.sentences,
  };
}

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The panels of a dashboard file from top to bottom, those of collapsed rows below their row. */
export function panelsOf(json: unknown): readonly Panel[] {
  const dashboard = objectOf(json);
  const uid = textOf(dashboard['uid']);
  return listOf(dashboard['panels'])
    .flatMap((panel) => [panel, ...listOf(panel['panels'])])
    .map((panel) => panelOf(panel, uid))
    .toSorted((one, other) => one.grid.y - other.grid.y || one.grid.x - other.grid.x);
}
