import type { Slo } from '@sightline/contract/signal.ts';
import { slos } from '@sightline/contract/signals.ts';
import type { AlertRuleTest, PromqlExprTest, TestGroup } from '../../promtool.ts';
import { notation, type Phase } from './case.ts';
import { type Request, requests, seriesOf, standing, type Traffic } from './requests.ts';

/** The tiers as on-call knows them; config.libsonnet has the same. Windows in minutes. */
const tiers = [
  { severity: 'page', window: '1h', shortWindow: '5m', short: 5, factor: 14.4, gone: '2.1 days' },
  { severity: 'page', window: '6h', shortWindow: '30m', short: 30, factor: 6, gone: '5 days' },
  { severity: 'ticket', window: '1d', shortWindow: '2h', short: 120, factor: 3, gone: '10 days' },
  { severity: 'ticket', window: '3d', shortWindow: '6h', short: 360, factor: 1, gone: '30 days' },
] as const;
type Tier = (typeof tiers)[number];

/** Minutes between scrapes and between evaluations: seldom where it takes days, so that they are tested in a second. */
interface Pace {
  readonly scrape: number;
  readonly evaluation: number;
}
const asDeployed: Pace = { scrape: 0.25, evaluation: 0.5 };
const hourly: Pace = { scrape: 1, evaluation: 2.5 };
const daily: Pace = { scrape: 2.5, evaluation: 5 };
const slowest: Pace = { scrape: 2.5, evaluation: 20 };

const seconds = (minutes: number) => `${Math.round(minutes * 60)}s`;

export interface SloTest {
  readonly slo: string;
  readonly does: string;
  readonly evaluationInterval: string;
  /** Days of the SLO's window; those of the contract, if it isn't there. */
  readonly windowDays?: number;
  /** The windows that it is about, the long one first; all of them, if it isn't there. */
  readonly windows?: readonly string[];
  readonly group: TestGroup;
}

const first = 'api-1:9464';
const second = 'api-2:9464';

const kinds = (slo: Slo) => Object.groupBy(requests, (request) => standing(slo, request));

/** A request of each standing, so that a new SLO gets its tests by itself. */
function samples(name: string, slo: Slo): { good: Request; bad: Request; outside: readonly Request[] } {
  const { good: [good] = [], bad: [bad] = [], outside = [] } = kinds(slo);
  if (good === undefined || bad === undefined || outside.length === 0)
    throw new Error(
      `No request of alerts/test/rules/requests.ts is good, bad or outside of the SLO ${name}: add one.`,
    );
  return { good, bad, outside };
}

const alertsOf = (name: string, window: string) =>
  `ALERTS{alertname="SLOErrorBudgetBurn",slo="${name}",window="${window}"}`;

/** Phases by how much faster than allowed the budget burns, with as many events a minute. */
function burning(name: string, slo: Slo, perMinute: number, phases: readonly Phase[]): readonly Traffic[] {
  const { good, bad, outside } = samples(name, slo);
  const share = (burn: number) => burn * (1 - slo.objective);
  return [
    { request: good, instance: first, phases: phases.map(([m, burn]) => [m, perMinute * (1 - share(burn))]) },
    { request: bad, instance: second, phases: phases.map(([m, burn]) => [m, perMinute * share(burn)]) },
    // Far more of what is none of its events, so that one that slips in changes everything.
    ...outside.map((request) => ({
      request,
      instance: first,
      phases: phases.map(([m]): Phase => [m, 50 * perMinute]),
    })),
  ];
}

interface Expectations {
  readonly alerts?: readonly AlertRuleTest[];
  readonly expressions?: readonly PromqlExprTest[];
}

function test(
  slo: string,
  does: string,
  { scrape, evaluation }: Pace,
  series: Readonly<Record<string, string>>,
  { alerts = [], expressions = [] }: Expectations,
): SloTest {
  return {
    slo,
    does,
    evaluationInterval: seconds(evaluation),
    group: {
      name: `${slo} ${does}`,
      interval: seconds(scrape),
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: alerts,
      promql_expr_test: expressions,
    },
  };
}

/** Nothing of the selection is even pending up to that minute. */
const never = (selection: string, minutes: number): PromqlExprTest => ({
  expr: `count_over_time(${selection}[${seconds(minutes + 1)}])`,
  eval_time: seconds(minutes),
  exp_samples: [],
});

const expectation = (name: string, slo: Slo, { severity, window, factor, gone }: Tier, burn: string) => ({
  exp_labels: { job: 'todo-api', kind: 'symptom', severity, slo: name, window },
  exp_annotations: {
    summary: `The error budget of ${name} burns too fast.`,
    description: `${slo.about} Over ${window} its error budget burned ${burn} times faster than allowed (alerts above ${factor}, objective ${Number((slo.objective * 100).toFixed(3))} %). At ${factor} the whole budget is gone in ${gone}.`,
    runbook_url: 'http://127.0.0.1:3001/runbooks/SLOErrorBudgetBurn.md',
    dashboard_url: 'http://127.0.0.1:3001/d/slo',
  },
});

/** So many bad events in the middle of so few good ones that the budget burns half again as fast as the tier allows. */
function few(name: string, slo: Slo, { short, factor }: Tier, bad: number): readonly Traffic[] {
  const minutes = short * 0.8;
  const share = 1.5 * factor * (1 - slo.objective);
  const samplesOf = samples(name, slo);
  const only = (perMinute: number): readonly Phase[] => [
    [short, 0],
    [minutes, perMinute],
    [short, 0],
  ];
  return [
    { request: samplesOf.bad, instance: second, phases: only(bad / minutes) },
    { request: samplesOf.good, instance: first, phases: only((bad / share - bad) / minutes) },
  ];
}

function tierTests(name: string, slo: Slo, tier: Tier): readonly SloTest[] {
  const { severity, window, short, factor } = tier;
  const pace = severity === 'page' ? hourly : daily;
  const verb = severity === 'page' ? 'pages' : 'opens a ticket';
  const its = alertsOf(name, window);
  const steady = (phases: readonly Phase[]) => seriesOf(slo, burning(name, slo, 100, phases), pace.scrape);
  const lasting = 3 * short;
  const recovering: readonly Phase[] = [
    [3 * short, 2 * factor],
    [2 * short, 0.75 * factor],
  ];
  const spike: readonly Phase[] = [
    [3 * short, 0],
    [short, 2.4 * factor],
  ];
  const min = slo.minBadEvents;
  const silent = (minutes: number) => ({ expressions: [never(its, minutes)] });
  const at = (minutes: number, labels?: string) => ({
    expressions: [
      {
        expr: its,
        eval_time: seconds(minutes),
        exp_samples: labels === undefined ? [] : [{ labels, value: 1 }],
      },
    ],
  });
  return [
    test(
      name,
      `${verb} when the budget burns a tenth faster than ${factor} over ${window}, and resolves when it no longer does`,
      pace,
      steady([
        [lasting, 1.1 * factor],
        [2 * short, 0],
      ]),
      {
        alerts: [
          {
            alertname: 'SLOErrorBudgetBurn',
            eval_time: seconds(lasting),
            exp_alerts: tiers
              .filter((each) => each.factor < 1.1 * factor)
              .map((each) => expectation(name, slo, each, String(Number((1.1 * factor).toFixed(4))))),
          },
        ],
        expressions: [
          ...at(lasting + 1.5 * short).expressions,
          // A minute has to pass first, which is one evaluation here.
          {
            expr: `count_over_time(ALERTS{slo="${name}",window="${window}",alertstate="pending"}[${seconds(lasting)}])`,
            eval_time: seconds(lasting),
            exp_samples: [
              { labels: firingOf(name, tier).replace('ALERTS', '').replace('firing', 'pending'), value: 1 },
            ],
          },
        ],
      },
    ),
    test(
      name,
      `stays silent when the budget burns a tenth slower than ${factor} over ${window}`,
      pace,
      steady([[lasting, 0.9 * factor]]),
      silent(lasting),
    ),
    test(
      name,
      `stays silent about ${window} as soon as the budget burns slower, though it burned fast before`,
      pace,
      steady(recovering),
      at(5 * short),
    ),
    test(
      name,
      `stays silent about ${window} while the budget burns faster only for now`,
      pace,
      steady(spike),
      silent(4 * short),
    ),
    test(
      name,
      `stays silent about ${window} with ${min - 1} bad events, however few events there are`,
      pace,
      seriesOf(slo, few(name, slo, tier, min - 1), pace.scrape),
      silent(2.8 * short),
    ),
    test(
      name,
      `${verb} about ${window} with ${min} bad events, if there are few events`,
      pace,
      seriesOf(slo, few(name, slo, tier, min), pace.scrape),
      at(2.5 * short, firingOf(name, tier)),
    ),
  ];
}

const firingOf = (name: string, { severity, window }: Tier) =>
  `ALERTS{alertname="SLOErrorBudgetBurn",alertstate="firing",job="todo-api",kind="symptom",severity="${severity}",slo="${name}",window="${window}"}`;

function quietTests(name: string, slo: Slo): readonly SloTest[] {
  const { good, bad } = samples(name, slo);
  const fewBad = slo.minBadEvents - 1;
  const all = `ALERTS{slo="${name}"}`;
  const firing = `ALERTS{slo="${name}",alertstate="firing"}`;
  const pages = `ALERTS{slo="${name}",severity="page"}`;
  const of = (request: Request, ...phases: readonly Phase[]): Traffic => ({
    request,
    instance: first,
    phases,
  });
  const series = (...traffic: readonly Traffic[]) => seriesOf(slo, traffic, hourly.scrape);
  const unavailable = kinds(slo).bad?.find(({ status }) => status === 503) ?? bad;
  const beforeTheDatabase = [of(unavailable, [2, fewBad / 2], [58, 0]), of(good, [2, 0], [58, 20])];
  // increase() counts the first ones up to twice: at the edge of a window it makes up for what it can't have seen.
  const slowAtFirst = [of(bad, [2, fewBad / 2], [58, 0]), of(good, [2, 0], [58, 20])];
  const silent = (selection: string, minutes: number) => ({ expressions: [never(selection, minutes)] });
  const hours = 60;
  const day = 24 * hours;
  return [
    test(
      name,
      'alerts in every window when nothing has been good since the start, so that there are no good series',
      hourly,
      {
        ...ofAnother(hoursOf),
        ...Object.fromEntries(
          Object.entries(series(of(bad, [30, 10]))).filter(
            ([each]) => !each.startsWith(`${slo.good.metric}{`) || slo.good.metric === slo.total.metric,
          ),
        ),
      },
      {
        expressions: [
          {
            expr: `count(ALERTS{slo="${name}",alertstate="firing"})`,
            eval_time: '30m',
            exp_samples: [{ labels: '{}', value: tiers.length }],
          },
        ],
      },
    ),
    test(
      name,
      'alerts nobody about one bad event in a quiet hour',
      hourly,
      series(of(good, [59, 0.9], [1, 0], [60, 0.9]), of(bad, [59, 0], [1, 1], [60, 0])),
      silent(all, 120),
    ),
    test(
      name,
      'pages nobody about a short spike alone',
      hourly,
      // A day of 100 events a minute, and in it half a minute of nothing but bad ones.
      series(of(good, [day, 100], [1, 50], [hours, 100]), of(bad, [day, 0], [1, 50], [hours, 0])),
      silent(pages, day + hours),
    ),
    test(name, 'alerts nobody without traffic', hourly, series(of(good, [120, 0]), of(bad, [120, 0])), {
      expressions: [
        never(all, 120),
        { expr: `slo:error_budget_burn:ratio1h{slo="${name}"}`, eval_time: '1h', exp_samples: [] },
      ],
    }),
    test(
      name,
      'alerts nobody without any series, while another SLO burns',
      hourly,
      ofAnother({ ...hoursOf, ...daysOf }),
      silent(all, 120),
    ),
    test(
      name,
      'alerts nobody on a fresh start whose first requests come before the database',
      asDeployed,
      seriesOf(slo, beforeTheDatabase, asDeployed.scrape),
      silent(firing, 60),
    ),
    test(
      name,
      'pages nobody on a fresh start whose first requests are all bad',
      asDeployed,
      seriesOf(slo, slowAtFirst, asDeployed.scrape),
      silent(`ALERTS{slo="${name}",severity="page",alertstate="firing"}`, 60),
    ),
    test(
      name,
      'alerts nobody when instances restart, come and go',
      hourly,
      {
        // One that starts from 0 again every quarter of an hour, one that goes, one that comes with a past.
        ...on(first, series(of(good, [1, 0])), '0+50x14 '.repeat(8)),
        ...on(second, series(of(good, [1, 0])), '90000+50x50 stale'),
        ...on('api-3:9464', series(of(good, [1, 0])), '_x60 700000+50x60'),
        ...on(first, series(of(bad, [1, 0])), '400x119'),
        ...on(second, series(of(bad, [1, 0])), '300x50 stale'),
        ...on('api-3:9464', series(of(bad, [1, 0])), '_x60 900x60'),
      },
      silent(all, 120),
    ),
  ];
}

/** The same series on an instance, with these values. */
const on = (instance: string, series: Readonly<Record<string, string>>, values: string) =>
  Object.fromEntries(
    Object.keys(series).map((name) => [
      name.replace(`instance="${first}"`, `instance="${instance}"`),
      values,
    ]),
  );

const hoursOf = { '5m': 5, '30m': 30, '1h': 60, '2h': 120, '6h': 360 };
const daysOf = { '1d': 1440, '3d': 4320, '4d': 5760 };
/** A month of evaluations takes promtool too long; the window of the budget is but a number. */
const windowDays = 4;

/** So few events that no window holds a whole one: ratios don't depend on how many there are. */
const scarce = 1e-8;

/** The events that each window counts of this traffic, which is the same from the start to the end. */
function counted(
  name: string,
  slo: Slo,
  traffic: readonly Traffic[],
  windows: Readonly<Record<string, number>>,
) {
  const perMinute = (...standings: readonly string[]) =>
    traffic
      .filter(({ request }) => standings.includes(standing(slo, request)))
      .reduce((sum, { phases: [[, each] = [0, 0]] }) => sum + each, 0);
  const total = perMinute('good', 'bad');
  const good = perMinute('good');
  const burn = (1 - good / total) / (1 - slo.objective);
  const sample = (metric: string, value: number, times = 1) => ({
    expr: `round(${metric}{slo="${name}"} * ${times}, 0.001)`,
    exp_samples: [{ labels: `{job="todo-api", slo="${name}"}`, value: Number((value * times).toFixed(3)) }],
  });
  return [
    ...Object.entries(windows).flatMap(([window, length]) => [
      sample(`slo:sli_events_total:increase${window}`, total * length, 1 / scarce),
      sample(`slo:sli_events_good:increase${window}`, good * length, 1 / scarce),
      sample(`slo:error_budget_burn:ratio${window}`, burn),
    ]),
    ...(`${windowDays}d` in windows ? [sample(`slo:error_budget_left:ratio${windowDays}d`, 1 - burn)] : []),
  ];
}

const ofAnotherJob = (series: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(series).map(([name, values]) => [name.replace('job="todo-api"', 'job="another"'), values]),
  );

/** Records of another SLO that burns, which a rule that forgets whose it is takes for its own. */
const ofAnother = (windows: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.keys(windows).flatMap((window) =>
      [
        ['slo:sli_events_total:increase', 1000],
        ['slo:sli_events_good:increase', 1],
        ['slo:error_budget_burn:ratio', 1000],
      ].map(([name, value]) => [
        notation(`${name}${window}`, { job: 'todo-api', slo: 'another' }),
        `${value}x3000`,
      ]),
    ),
  );

function countTests(name: string, slo: Slo): readonly SloTest[] {
  const { good, bad, outside } = samples(name, slo);
  const hours = 8 * 60;
  const days = (windowDays + 1) * 1440;
  // A rate of its own for each kind: what is counted tells which of them are.
  const everyKind = requests.flatMap((request, index): readonly Traffic[] => [
    { request, instance: first, phases: [[hours, scarce * (1 + index)]] },
    { request, instance: second, phases: [[hours, scarce * 300]] },
  ]);
  const fewKinds: readonly Traffic[] = [
    { request: good, instance: first, phases: [[days, scarce * 5]] },
    { request: bad, instance: second, phases: [[days, scarce * 3]] },
    ...outside
      .slice(0, 1)
      .map((request): Traffic => ({ request, instance: first, phases: [[days, scarce * 7]] })),
  ];
  const at = (minutes: number, samplesThen: ReturnType<typeof counted>) => ({
    expressions: samplesThen.map((each) => ({ ...each, eval_time: seconds(minutes - 60) })),
  });
  return [
    test(
      name,
      'counts its good and all of its events over hours, and no others',
      slowest,
      {
        ...seriesOf(slo, everyKind, slowest.scrape),
        ...ofAnotherJob(seriesOf(slo, everyKind, slowest.scrape)),
        ...ofAnother(hoursOf),
      },
      at(hours, counted(name, slo, everyKind, hoursOf)),
    ),
    {
      ...test(
        name,
        'adds them up over days, and says how much of the error budget is left',
        slowest,
        { ...seriesOf(slo, fewKinds, slowest.scrape), ...ofAnother({ ...hoursOf, ...daysOf }) },
        at(days, counted(name, slo, fewKinds, daysOf)),
      ),
      windowDays,
    },
  ];
}

/** Ten minutes of what is good, two of nothing but what is bad, and five of what is good: a fire drill, by the second. */
export function drillTest(name: string, slo: Slo): TestGroup {
  const { good, bad } = samples(name, slo);
  const second = 1 / 60;
  const paging = `count by (severity) (ALERTS{slo="${name}",alertstate="firing",severity="page"})`;
  const at = (minutes: number, pages: number): PromqlExprTest => ({
    expr: paging,
    eval_time: seconds(minutes),
    exp_samples: pages === 0 ? [] : [{ labels: '{severity="page"}', value: pages }],
  });
  return {
    name: `${name} in a drill`,
    interval: '1s',
    input_series: Object.entries(
      seriesOf(
        slo,
        [
          {
            request: good,
            instance: first,
            phases: [
              [10, 600],
              [2, 0],
              [5, 600],
            ],
          },
          {
            request: bad,
            instance: first,
            phases: [
              [10, 0],
              [2, 600],
              [5, 0],
            ],
          },
        ],
        second,
      ),
    ).map(([series, values]) => ({ series, values })),
    promql_expr_test: [at(10, 0), at(11, 2), at(13, 0)],
  };
}

/** The tests of every SLO of the contract. */
export const sloTests: readonly SloTest[] = Object.entries<Slo>(slos).flatMap(([name, slo]) => [
  ...countTests(name, slo),
  ...quietTests(name, slo),
  ...tiers.flatMap((tier) =>
    tierTests(name, slo, tier).map((each) => ({ ...each, windows: [tier.window, tier.shortWindow] })),
  ),
]);
