import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Dashboard, dashboards } from '../dashboards.ts';
import { excuses } from '../lint/excuses.ts';
import { rules } from '../lint/rules.ts';
import { wrongThresholds } from '../lint/thresholds.ts';

let all: readonly (readonly [file: string, dashboard: Dashboard])[];
let made: readonly Dashboard[];

beforeAll(async () => {
  all = Object.entries(await dashboards());
  made = all.map(([, dashboard]) => dashboard);
});

const excuseFor = (rule: string, dashboard: string, problem: string) =>
  excuses.find(
    (each) => each.rule === rule && each.dashboard === dashboard && problem.startsWith(`${each.panel}: `),
  );

describe('every dashboard has', () => {
  test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, { because, problems }) => {
    const found = made.flatMap((dashboard) =>
      problems(dashboard, made)
        .filter((problem) => excuseFor(name, dashboard.uid, problem) === undefined)
        .map((problem) => `${dashboard.uid}: ${problem} ${because}`),
    );
    expect(found).toEqual([]);
  });

  test('no excuse that it does not need', () => {
    const idle = excuses.filter(
      ({ rule, dashboard, panel }) =>
        !made
          .filter(({ uid }) => uid === dashboard)
          .flatMap((each) => rules.find(({ name }) => name === rule)?.problems(each, made) ?? [])
          .some((problem) => problem.startsWith(`${panel}: `)),
    );
    expect(idle).toEqual([]);
  });

  test('the uid of its file, which bookmarks and alerts hold', () => {
    expect(all.map(([file, { uid }]) => [file, uid]).sort()).toEqual(
      ['alerts', 'api', 'golden-signals', 'load-test', 'log-pipeline', 'nodejs', 'postgresql', 'slo'].map(
        (uid) => [`${uid}.json`, uid],
      ),
    );
  });

  test('the thresholds that SLOs and alerts agreed on, and no others', async () => {
    expect(await wrongThresholds(made)).toEqual([]);
  });
});

describe('the lint notices', () => {
  const zeros = 'faults at the axis of a stack, and nothing drawn that is zero';
  const red = { properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }] };
  /** The panel as a stack of series with these names. */
  const asStack = (panel: Wrongable, legends: readonly string[], ...overrides: readonly object[]) => {
    const targets = legends.map((legendFormat, index) => ({
      refId: String(index),
      legendFormat,
      expr: 'sum by (level) (rate(log_events_total[1m]))',
    }));
    const custom = { stacking: { mode: 'normal' }, lineWidth: 0 };
    return Object.assign(panel, {
      type: 'timeseries',
      targets,
      fieldConfig: { overrides, defaults: { custom } },
    });
  };

  // One thing each that is wrong with the first panel, as somebody would write it by mistake.
  const breakages: readonly (readonly [rule: string, wrong: (panel: Wrongable) => void])[] = [
    [
      'a title of its own, short enough to be read whole',
      (panel) => Object.assign(panel, { title: 'Firing pages' }),
    ],
    [
      'a description that says what good looks like',
      (panel) => Object.assign(panel, { description: 'Requests a second of all instances, as they come.' }),
    ],
    [
      'a description that says what its queries leave out',
      (panel) => Object.assign(panel, { description: 'All requests but those with 499. Good is many.' }),
    ],
    [
      'a description that says what its queries leave out',
      (panel) => Object.assign(panel, { description: 'All requests. Not counted: health checks.' }),
    ],
    ['a unit', ({ fieldConfig }) => Object.assign(fieldConfig.defaults, { unit: 'none' })],
    ['words for having no data', ({ fieldConfig }) => Object.assign(fieldConfig.defaults, { noValue: '' })],
    [
      'a legend that tells its series apart',
      ({ targets: [target] }) => Object.assign(target ?? {}, { legendFormat: '' }),
    ],
    [
      'a legend that tells its series apart',
      ({ targets: [target] }) => Object.assign(target ?? {}, { expr: 'sum by (job) (up)' }),
    ],
    [
      'the data source of the variable',
      ({ targets: [target] }) => Object.assign(target?.datasource ?? {}, { uid: 'prometheus' }),
    ],
    [
      'windows that fit what is shown',
      ({ targets: [target] }) => Object.assign(target ?? {}, { expr: 'sum(rate(up[5m]))' }),
    ],
    [
      'either a value of now or a graph',
      ({ targets: [target] }) => Object.assign(target ?? {}, { range: true, instant: true }),
    ],
    [
      'exemplars where there are some, and only there',
      ({ targets: [target] }) => Object.assign(target ?? {}, { exemplar: true, expr: 'up' }),
    ],
    ['a place of its own in the grid', ({ gridPos }) => Object.assign(gridPos, { w: 24 })],
    ['an id of its own that lasts', (panel) => Object.assign(panel, { id: 1 })],
    [
      'variables that exist and do something',
      ({ targets: [target] }) => Object.assign(target ?? {}, { expr: 'up{pod="$pod"}' }),
    ],
    [
      'links that lead somewhere',
      (panel) => Object.assign(panel, { links: [{ title: 'x', url: 'http://127.0.0.1/runbooks/No.md' }] }),
    ],
    [
      'links that lead somewhere',
      (panel) => Object.assign(panel, { links: [{ title: 'x', url: '/d/no?' }] }),
    ],
    [
      'links that lead somewhere',
      (panel) =>
        Object.assign(panel, {
          links: [{ title: 'x', url: "_a=(query:(language:lucene,query:'http.status:500'))" }],
        }),
    ],
    [
      'colours that mean one thing everywhere',
      (panel) => asStack(panel, ['success'], { matcher: { id: 'byName', options: 'success' }, ...red }),
    ],
    ['colours that mean one thing everywhere', (panel) => asStack(panel, ['webhook, failed'])],
    [
      'colours that mean one thing everywhere',
      (panel) => asStack(panel, ['route'], { matcher: { id: 'byRegexp', options: '/route/' }, ...red }),
    ],
    [zeros, (panel) => asStack(panel, ['good', 'bad'])],
    [zeros, (panel) => asStack(panel, ['{{level}}'])],
    [
      zeros,
      (panel) =>
        Object.assign(asStack(panel, ['bad', 'good']).fieldConfig.defaults, {
          custom: { stacking: { mode: 'normal' }, lineWidth: 1 },
        }),
    ],
    ['golden signals on one screen', ({ gridPos }) => Object.assign(gridPos, { y: 40 })],
  ];
  type Wrongable = Dashboard['panels'][number] & {
    fieldConfig: { defaults: object };
    targets: { datasource: object }[];
  };

  test('a dashboard that opens with an hour', () => {
    const rule = rules.find(({ name }) => name === 'a time that a stack of a few minutes fills');
    const [dashboard] = made;
    if (dashboard === undefined) throw new Error('There is no dashboard.');
    expect(rule?.problems({ ...dashboard, time: { from: 'now-1h', to: 'now' } }, made)).not.toEqual([]);
  });

  test.each(breakages)('what breaks: %s', (name, wrong) => {
    const dashboard = made.find(({ uid }) => uid === (name.includes('title') ? 'alerts' : 'golden-signals'));
    const copy = structuredClone(dashboard) as Dashboard;
    const panel = copy.panels.filter(({ type }) => type !== 'row')[1];
    wrong(panel as Wrongable);
    const rule = rules.find((each) => each.name === name);
    expect(rule?.problems(copy, made)).not.toEqual([]);
  });
});
