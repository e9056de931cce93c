/** The rules that every dashboard keeps, as a table, each with the sentences about what breaks it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, nodesOf, parsePromql } from '@sightline/alerts/promql.ts';
import { metrics } from '@sightline/contract/signals.ts';
import { type Dashboard, type Panel, panelsOf, type Target } from '../dashboards.ts';
import { hiddenFaults, wrongColours } from './colours.ts';
import { brokenLinks, linksOf } from './links.ts';

/** The first titles of renamed panels, by dashboard and title; their ids are made of those. */
const renamed: ReadonlyMap<string, string> = new Map(
  [
    ...readFileSync(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8').matchAll(
      /^\| `(?<uid>[\w-]+)` \| (?<before>.+?) \| (?<now>.+?) \|$/gm,
    ),
  ].map(({ groups: { uid, before, now } = {} }) => [`${uid} ${now}`, before ?? '']),
);

export interface Rule {
  readonly name: string;
  /** Why, for whoever breaks it. */
  readonly because: string;
  /** Sentences, each of which begins with the title of the panel that it is about. */
  readonly problems: (dashboard: Dashboard, all: readonly Dashboard[]) => readonly string[];
}

const ofPanels =
  (problems: (panel: Panel, dashboard: Dashboard) => readonly string[]): Rule['problems'] =>
  (dashboard) =>
    panelsOf(dashboard).flatMap((panel) =>
      problems(panel, dashboard).map((problem) => `${panel.title}: ${problem}`),
    );
const ofTargets = (problems: (target: Target, panel: Panel) => readonly string[]): Rule['problems'] =>
  ofPanels((panel) =>
    panel.targets.flatMap((target) =>
      problems(target, panel).map((problem) => `query ${target.refId}: ${problem}`),
    ),
  );

const repeated = <Value>(values: readonly Value[]): readonly Value[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

/** The names of variables in a text, Grafana's own left out. */
const variablesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\$(?:(\w+)|\{(\w+)(?::\w+)?\})/g)]
    .map(([, bare, braced]) => bare ?? braced ?? '')
    .filter((name) => !name.startsWith('__'));

/** Units of Grafana that our metrics can have. */
const units = [
  'short',
  'percentunit',
  's',
  'bytes',
  'Bps',
  'reqps',
  'ops',
  'cps',
  'bool_yes_no',
  'dateTimeFromNow',
];

/** A window, as PromQL that can be parsed has it in place of Grafana's variable. */
const windows = { $__rate_interval: '1m', $__range: '1h' } as const;
export const parseable = (expr: string) =>
  expr
    .replaceAll('$__rate_interval', windows.$__rate_interval)
    .replaceAll('$__range', windows.$__range)
    .replaceAll(/\$\w+/g, 'x');

/** The rows of the grid on a screen of 1080 pixels: 120 are the browser's, 120 Grafana's; a row is 30 and a gap of 8. */
const rowsOnAScreen = Math.floor((1080 - 120 - 120) / (30 + 8));

const overlap = (one: Panel['gridPos'], other: Panel['gridPos']) =>
  one.x < other.x + other.w &&
  other.x < one.x + one.w &&
  one.y < other.y + other.h &&
  other.y < one.y + one.h;

export const rules: readonly Rule[] = [
  {
    name: 'a title of its own, short enough to be read whole',
    because: 'Reports, runbooks and people name panels by their title.',
    problems: ({ panels }) => [
      ...repeated(panels.map(({ title }) => title)).map((title) => `${title}: the title is there twice.`),
      ...panels
        .filter(({ title, type }) => title.length > (type === 'row' ? 120 : 50) || title.trim() === '')
        .map(({ title }) => `${title}: the title has ${title.length} characters.`),
    ],
  },
  {
    name: 'a description that says what good looks like',
    because: 'A graph that nobody can judge is decoration.',
    problems: ofPanels(({ description }) =>
      /\bGood (is|follows|leaves|levels|grows)\b/.test(description) && description.length > 80
        ? []
        : [`the description does not say what good is: ${description}`],
    ),
  },
  {
    name: 'a description that says what its queries leave out',
    because: 'A number is taken for all there is.',
    problems: ofPanels(({ description, targets }) => {
      const selectors = targets.flatMap(({ expr }) => namesIn(parseable(expr)).selectors);
      const matchers = selectors.flatMap((selector) => selector.matchers);
      // Parts of a stack: what one query leaves out another one shows.
      const isShown = ({ label, value }: (typeof matchers)[number]) =>
        matchers.some(
          (other) => other.label === label && other.value === value && !other.operator.startsWith('!'),
        );
      const excluded = matchers.filter((one) => one.operator.startsWith('!') && !isShown(one));
      const lacks499 =
        excluded.some(({ value }) => value.includes('499')) ||
        // No duration is observed of a request whose client went away.
        selectors.some(({ metric }) => metric.startsWith('http_request_duration_seconds'));
      return [
        ...(excluded.length > 0 && !description.includes('Not counted')
          ? excluded.map(({ label, operator, value }) => `"Not counted" lacks ${label}${operator}"${value}".`)
          : []),
        ...(lacks499 && !description.includes('499')
          ? ['it does not say that 499 is not counted, a client that went away.']
          : []),
      ];
    }),
  },
  {
    name: 'a unit',
    because: 'A number without a unit is read as whatever the reader fears.',
    problems: ofPanels(({ fieldConfig }) =>
      units.includes(fieldConfig.defaults.unit) ? [] : [`the unit is ${fieldConfig.defaults.unit}.`],
    ),
  },
  {
    name: 'words for having no data',
    because: '"No data" may mean that all is well, or that nothing works.',
    problems: ofPanels(({ fieldConfig }) =>
      fieldConfig.defaults.noValue.length > 5 ? [] : ['it says nothing when there is no data.'],
    ),
  },
  {
    name: 'a legend that tells its series apart',
    because: 'Prometheus\'s own names, {job="…", instance="…"}, tell a newcomer nothing.',
    problems: ofTargets(({ legendFormat, format, expr }, { type, options }) => {
      if (format === 'table') return [];
      if (legendFormat === '') return ['it has no legend.'];
      const silent = type === 'timeseries' && JSON.stringify(options['legend']).includes('"calcs":[]');
      const [, by = ''] = /^(?:topk\(\d+, )?\w+ by \(([^)]*)\)/.exec(expr) ?? [];
      const missing = by
        .split(', ')
        .filter((label) => label !== '' && !legendFormat.includes(`{{${label}}}`));
      return [
        ...(silent ? ['its legend shows no values.'] : []),
        ...missing.map((label) => `it is grouped by ${label}, which the legend lacks.`),
      ];
    }),
  },
  {
    name: 'colours that mean one thing everywhere',
    because: 'Who looks for what is red finds successful log-ins.',
    problems: ofPanels(wrongColours),
  },
  {
    name: 'faults at the axis of a stack, and nothing drawn that is zero',
    because: 'A part of 0 on top of the others looks like as many faults as there are requests.',
    problems: ofPanels(hiddenFaults),
  },
  {
    name: 'a time that a stack of a few minutes fills',
    because: 'A newcomer sees a blip at the edge of an hour of nothing.',
    problems: ({ title, time }) =>
      time.from === 'now-15m' && time.to === 'now'
        ? []
        : [`${title}: it opens with ${time.from} to ${time.to}.`],
  },
  {
    name: 'the data source of the variable',
    because: 'Another Grafana calls its Prometheus otherwise.',
    problems: (dashboard) => [
      ...panelsOf(dashboard)
        .filter((panel) =>
          [panel, ...panel.targets].some(({ datasource }) => datasource.uid !== `\${datasource}`),
        )
        .map(({ title }) => `${title}: it names a data source.`),
      ...dashboard.templating.list
        .filter(({ type, datasource }) => type === 'query' && datasource?.uid !== `\${datasource}`)
        .map(({ name }) => `${name}: the variable names a data source.`),
      ...dashboard.annotations.list
        .filter(({ datasource }) => datasource.type === 'prometheus' && datasource.uid !== `\${datasource}`)
        .map(({ name }) => `${name}: the annotation names a data source.`),
    ],
  },
  {
    name: 'windows that fit what is shown',
    because: 'A fixed window is empty when scrapes are rarer, and skips events when the graph is wider.',
    problems: ofTargets(({ expr, range }) => {
      const { topNode } = parsePromql(parseable(expr));
      const selected = nodesOf(topNode, 'MatrixSelector').length;
      const fitting = [...expr.matchAll(/\[(\$__rate_interval|\$__range)\]/g)].map(([, window]) => window);
      return [
        ...(fitting.length === selected ? [] : ['a window is neither $__rate_interval nor $__range.']),
        ...(range && fitting.includes('$__range') ? ['each point of the graph is about all of it.'] : []),
      ];
    }),
  },
  {
    name: 'either a value of now or a graph',
    because: 'Grafana asks both when both are set, and shows the one as the other.',
    problems: ofTargets(({ instant, range }) =>
      instant === range ? [`instant is ${instant}, range is ${range}.`] : [],
    ),
  },
  {
    name: 'exemplars where there are some, and only there',
    because: 'Prometheus is asked twice for each query with exemplars.',
    problems: ofTargets(({ exemplar = false, expr }, { type }) => {
      const withExemplars = Object.entries(metrics).filter(([, signal]) => 'exemplars' in signal);
      const has = withExemplars.some(([name]) => expr.includes(`${name}_bucket`));
      if (exemplar && !has) return ['no metric of it has exemplars.'];
      return has && type === 'heatmap' && !exemplar ? ['a heatmap of requests shows no exemplars.'] : [];
    }),
  },
  {
    name: 'a place of its own in the grid',
    because: 'Grafana moves panels that overlap, each time another way.',
    problems: ({ panels }) =>
      panels.flatMap((panel, index) => {
        const { x, w, h } = panel.gridPos;
        return [
          ...(x + w > 24 || w < 3 || h < 1 ? [`${panel.title}: it does not fit into the grid.`] : []),
          ...panels
            .slice(index + 1)
            .filter(({ gridPos }) => overlap(gridPos, panel.gridPos))
            .map(({ title }) => `${panel.title}: ${title} is in the same place.`),
        ];
      }),
  },
  {
    name: 'an id of its own that lasts',
    because: 'Links to a panel hold its id; one by its position changes when a panel comes before it.',
    problems: ({ uid, panels }) => [
      ...repeated(panels.map(({ id }) => id)).map((id) => `${id}: the id is there twice.`),
      ...panels
        .filter(({ id, title, type }) => {
          const key = renamed.get(`${uid} ${title}`) ?? title;
          const hash = createHash('md5')
            .update(type === 'row' ? `row ${key}` : key)
            .digest('hex');
          return id !== Number.parseInt(hash.slice(0, 7), 16) + 1;
        })
        .map(
          ({ title }) =>
            `${title}: its id is not that of its title, nor of the one that CHANGELOG.md says it had.`,
        ),
    ],
  },
  {
    name: 'variables that exist and do something',
    because: 'A variable that nothing uses is a control that does nothing.',
    problems: ({ templating, panels, annotations }) => {
      const names = templating.list.map(({ name }) => name);
      const used = new Set(variablesIn(JSON.stringify([panels, annotations, templating])));
      return [
        ...[...used]
          .filter((name) => !names.includes(name))
          .map((name) => `${name}: there is no such variable.`),
        ...names.filter((name) => !used.has(name)).map((name) => `${name}: nothing uses the variable.`),
      ];
    },
  },
  {
    name: 'links that lead somewhere',
    because: 'A runbook link that ends nowhere is found at night.',
    problems: (dashboard, all) =>
      brokenLinks(
        dashboard,
        all.map(({ uid }) => uid),
      ),
  },
  {
    name: 'somewhere to go from what turns red',
    because: 'A red panel asks what to do now.',
    problems: ofPanels((panel) => {
      const { steps } = panel.fieldConfig.defaults.thresholds;
      return steps.length > 1 && linksOf(panel).length === 0 ? ['it turns red and leads nowhere.'] : [];
    }),
  },
  {
    name: 'the menu of dashboards',
    because: 'The next question is on another dashboard.',
    problems: ({ title, links, tags }) =>
      links.some((link) => link.tags.some((tag) => tags.includes(tag))) ? [] : [`${title}: it has no menu.`],
  },
  {
    name: 'golden signals on one screen',
    because: 'Who is woken by a page sees all of it without scrolling.',
    problems: ({ uid, panels }) => {
      const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
      return uid === 'golden-signals' && rows > rowsOnAScreen
        ? [`${rows} rows; ${rowsOnAScreen} fit on a screen of 1920 by 1080.`]
        : [];
    },
  },
];
