import { expect, test } from '@jest/globals';
import { bucketsOf } from '../model/buckets.ts';
import { graphOf, isZero, stacked } from '../model/graph.ts';
import { nameOf } from '../model/legend.ts';
import { filledIn, placeOf } from '../model/links.ts';
import { type Panel, panelsOf } from '../model/panel.ts';
import type { Answer } from '../model/panel-data.ts';
import { rangeOf, timeWordsOf } from '../model/shown-time.ts';
import { bandsOf } from '../model/states.ts';
import { tableOf } from '../model/table.ts';
import { formatValue } from '../model/units.ts';
import { fieldFor, shownValue } from '../model/values.ts';
import { dashboardFiles } from '../record.ts';

const onePanel = (json: object): Panel => {
  const [panel] = panelsOf({ uid: 'one', title: 'One', panels: [json] });
  if (panel === undefined) throw new Error('The fixture has no panel.');
  return panel;
};

const query = {
  ...{ dashboard: 'one', panel: 'One', instant: false, range: true },
  maxDataPoints: 100,
  format: '',
};
const answer = (refId: string, legend: string, series: Answer['series'], step = 1000): Answer => ({
  query: { ...query, refId, legend, expr: 'up' },
  expr: 'up',
  series,
  step,
});
const samples = (values: Readonly<Record<number, number>>) =>
  Object.entries(values).map(([at, value]) => ({ at: Number(at), value }));

test('nothing in a committed dashboard is beyond this preview', () => {
  const panels = dashboardFiles().flatMap(({ json }) => panelsOf(json));
  expect(panels.length).toBeGreaterThan(100);
  expect(panels.flatMap(({ title, unsupported }) => unsupported.map((one) => `${title}: ${one}`))).toEqual(
    [],
  );
});

test.each<[string, object]>([
  ['The panel kind "piechart"', { type: 'piechart' }],
  ['The unit "lengthft"', { type: 'stat', fieldConfig: { defaults: { unit: 'lengthft' } } }],
  [
    'The colour "mauve"',
    { type: 'stat', fieldConfig: { defaults: { thresholds: { steps: [{ color: 'mauve' }] } } } },
  ],
  [
    'The value mapping "range"',
    { type: 'stat', fieldConfig: { defaults: { mappings: [{ type: 'range' }] } } },
  ],
  ['The transformation "joinByField"', { type: 'table', transformations: [{ id: 'joinByField' }] }],
  [
    'The stacking "percent"',
    { type: 'timeseries', fieldConfig: { defaults: { custom: { stacking: { mode: 'percent' } } } } },
  ],
  ['The reduction "mean"', { type: 'stat', options: { reduceOptions: { calcs: ['mean'] } } }],
  ['Repeated panels', { type: 'stat', repeat: 'route' }],
])('%s is refused by name', (words, json) => {
  expect(onePanel(json).unsupported).toEqual([expect.stringContaining(words)]);
});

test.each<[number, string, number | undefined, string]>([
  [0.99951, 'percentunit', 2, '99.95 %'],
  [0.0021, 's', undefined, '2.1 ms'],
  [0, 's', undefined, '0 s'],
  [5400, 's', undefined, '1.5 h'],
  [-90, 's', undefined, '−1.5 min'],
  [1_572_864, 'bytes', undefined, '1.5 MiB'],
  [1_500_000, 'Bps', undefined, '1.5 MB/s'],
  [1234, 'short', undefined, '1.23 K'],
  [7, 'short', 0, '7'],
  [12.345, 'reqps', undefined, '12.3 req/s'],
  [2000, 'ops', undefined, '2 Kops/s'],
  [0, 'bool_yes_no', undefined, 'No'],
  [Number.NaN, 's', undefined, '–'],
  [Number.POSITIVE_INFINITY, 's', undefined, '∞'],
])('%d in %s with %p decimals reads %s', (value, unit, decimals, text) => {
  expect(formatValue(value, unit, decimals)).toBe(text);
});

test('a moment reads by how long ago it was at the shown time', () => {
  expect(formatValue(0, 'dateTimeFromNow', undefined, 3 * 3_600_000)).toBe('3 h ago');
  expect(formatValue(10_000, 'dateTimeFromNow', undefined, 0)).toBe('in 10 s');
});

test('a value has the colour of the last threshold that it reaches, and the words of its mapping', () => {
  const { field } = onePanel({
    type: 'stat',
    fieldConfig: {
      defaults: {
        unit: 's',
        thresholds: {
          steps: [
            { color: 'green', value: null },
            { color: 'orange', value: 1 },
            { color: 'red', value: 5 },
          ],
        },
        mappings: [{ type: 'value', options: { 3: { text: 'three', color: 'blue' } } }],
      },
    },
  });
  expect(shownValue(-1, field)).toEqual({ text: '−1 s', colour: 'green' });
  expect(shownValue(1, field)).toEqual({ text: '1 s', colour: 'orange' });
  expect(shownValue(5, field)).toEqual({ text: '5 s', colour: 'red' });
  expect(shownValue(3, field)).toEqual({ text: 'three', colour: 'blue' });
  expect(shownValue(Number.NaN, field)).toEqual({ text: '–', colour: undefined });
});

test('a series is called by its legend, else by its labels', () => {
  expect(nameOf('{{route}} ({{ status }})', { route: '/v1', status: '200' })).toBe('/v1 (200)');
  expect(nameOf('', { __name__: 'up', job: 'a"b' })).toBe('up{job="a\\"b"}');
  expect(nameOf('', { __name__: 'up' })).toBe('up');
});

test('a series has the colour that its name means, by a regular expression, and no other has', () => {
  const color = { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } };
  const matcher = { id: 'byRegexp', options: '/^(?:.*: )?failure$/' };
  const panel = onePanel({
    type: 'timeseries',
    fieldConfig: { defaults: {}, overrides: [{ matcher, properties: [color] }] },
  });
  expect(panel.unsupported).toEqual([]);
  const colours = ['failure', 'password: failure', 'success', 'failures'].map(
    (name) => fieldFor(panel, name).colour,
  );
  expect(colours).toEqual(['red', 'red', undefined, undefined]);
  const wrong = { matcher: { id: 'byRegexp', options: 'failure' }, properties: [color] };
  expect(
    onePanel({ type: 'timeseries', fieldConfig: { defaults: {}, overrides: [wrong] } }).unsupported,
  ).toEqual(['The matcher of an override has no slashes: failure.']);
});

test.each<[boolean, readonly (readonly (number | null)[])[]]>([
  [
    true,
    [
      [0, 0],
      [0, null],
    ],
  ],
  [
    false,
    [
      [0, 0],
      [0, 1],
    ],
  ],
  [false, []],
])('that nothing is drawn of a stack is %p for %j', (expected, values) => {
  expect(isZero(values.map((each) => ({ name: '', labels: {}, values: each })))).toBe(expected);
});

test('where no series has a point there is a gap, and lines that are stacked stand on those before them', () => {
  const { times, lines } = graphOf([
    answer('A', 'a', [{ labels: {}, samples: samples({ 1000: 1, 2000: 2, 5000: 3 }) }]),
    answer('B', 'b', [{ labels: {}, samples: samples({ 2000: 10, 5000: Number.NaN }) }]),
  ]);
  expect(times).toEqual([1, 2, 3, 5]);
  expect(lines.map(({ values }) => values)).toEqual([
    [1, 2, null, 3],
    [null, 10, null, null],
  ]);
  expect(stacked(lines).map(({ values }) => values)).toEqual([
    [1, 2, null, 3],
    [1, 12, null, 3],
  ]);
});

test('cumulative buckets are counted each for itself, in the order of their bounds', () => {
  const bucket = (le: string, count: number) => ({ labels: { le }, samples: samples({ 1000: count }) });
  const { rows, max } = bucketsOf([bucket('+Inf', 9), bucket('0.1', 2), bucket('0.5', 8)]);
  expect(rows).toEqual([
    { bound: 0.1, counts: [2] },
    { bound: 0.5, counts: [6] },
    { bound: Number.POSITIVE_INFINITY, counts: [1] },
  ]);
  expect(max).toBe(6);
});

test('a state lasts until it changes or is no more', () => {
  const { field } = onePanel({ type: 'state-timeline' });
  const line = { name: '', labels: {}, values: [1, 1, null, 1, 0] };
  expect(bandsOf([0, 10, 20, 30, 40], line, field, 10).map(({ text, from, to }) => [text, from, to])).toEqual(
    [
      ['1', 0, 20],
      ['1', 30, 40],
      ['0', 40, 50],
    ],
  );
});

test('a table merges what is about the same, and is named, ordered and sorted as the panel says', () => {
  const panel = onePanel({
    type: 'table',
    options: { sortBy: [{ displayName: 'Requests', desc: true }] },
    transformations: [
      { id: 'merge', options: {} },
      { id: 'filterFieldsByName', options: { include: { names: ['route', 'Value #A', 'Value #B'] } } },
      {
        id: 'organize',
        options: {
          indexByName: { 'Value #A': 0, route: 1 },
          renameByName: { 'Value #A': 'Requests', 'Value #B': 'Failed' },
        },
      },
    ],
  });
  const row = (route: string, value: number) => ({
    labels: { route, job: 'x' },
    samples: samples({ 1000: value }),
  });
  const table = tableOf(panel, [
    answer('A', '', [row('/a', 1), row('/b', 2)]),
    answer('B', '', [row('/b', 0.5)]),
  ]);
  expect(table.columns).toEqual(['Requests', 'route', 'Failed']);
  expect(table.rows).toEqual([
    { Requests: 2, route: '/b', Failed: 0.5 },
    { Requests: 1, route: '/a' },
  ]);
});

const context = {
  variables: new Map([['job', { values: ['todo-api'], isPattern: false }]]),
  range: { from: 1_000, to: 61_000 },
};

test('a link to Kibana becomes a search of the log over the same time', () => {
  const url = `http://127.0.0.1:5601/app/discover#/?_g=(time:(from:'\${__from:date:iso}',to:'\${__to:date:iso}'))&_a=(query:(language:lucene,query:'service.name:%22\${job}%22%20AND%20labels.route:%22\${__field.labels.route:percentencode}%22'))`;
  const filled = filledIn({ title: '', url }, { ...context, labels: { route: '/v1/todos/:id' } });
  const place = placeOf(filled ?? '');
  expect(place?.path).toBe('/logs');
  expect(Object.fromEntries(place?.parameters ?? [])).toEqual({
    q: 'service.name:"todo-api" AND labels.route:"/v1/todos/:id"',
    from: '1000',
    to: '61000',
  });
  expect(filledIn({ title: '', url }, { ...context, labels: {} })).toBeUndefined();
});

test('links to dashboards and runbooks stay here, and others lead nowhere', () => {
  const url = `/d/api?\${__url_time_range}&\${job:queryparam}`;
  const place = placeOf(filledIn({ title: '', url }, context) ?? '');
  expect([place?.path, place?.parameters.toString()]).toEqual([
    '/d/api',
    'from=1000&to=61000&var-job=todo-api',
  ]);
  const row = { Alert: 'TargetDown' };
  const runbook = filledIn(
    { title: '', url: `http://127.0.0.1:3001/runbooks/\${__data.fields.Alert}.md` },
    { ...context, row },
  );
  expect(placeOf(runbook ?? '')?.path).toBe('/runbooks/TargetDown.md');
  expect(placeOf('https://example.com/elsewhere')).toBeUndefined();
  expect(placeOf('javascript:alert(1)')).toBeUndefined();
});

test('the shown time is relative, absolute, or around the moment of a log line', () => {
  const usual = { from: 'now-1h', to: 'now' };
  const words = (query: string) => timeWordsOf(new URLSearchParams(query), usual);
  expect(rangeOf(words(''), 7_200_000)).toEqual({ from: 3_600_000, to: 7_200_000 });
  expect(rangeOf(words('from=1000&to=2000'), 0)).toEqual({ from: 1000, to: 2000 });
  expect(rangeOf(words('time=600000&time.window=60000'), 0)).toEqual({ from: 570_000, to: 630_000 });
  expect(() => rangeOf(words('from=yesterday&to=now'), 0)).toThrow('"yesterday" is no time');
  expect(() => rangeOf(words('from=now&to=now-1h'), 0)).toThrow('is empty');
  expect(() => rangeOf(words('from=0&to=now'), Date.now())).toThrow('longer than two months');
});
