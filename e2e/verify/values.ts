/**
 * Expected values of panels for known traffic, worked out from the access log. Their windows are set to
 * exactly what is between two scrapes, one before and one after the traffic, so that Prometheus has nothing
 * to extrapolate.
 */
import { metrics, timedRoute } from '@sightline/contract/signals.ts';
import type { VariableValue } from '@sightline/testkit/grafana/interpolate.ts';
import type { Dashboard } from '@sightline/testkit/grafana/walk.ts';
import type { Series } from '@sightline/testkit/prometheus.ts';
import type { LoggedRequest } from './access-log.ts';
import { openDashboard, runQuery, type View } from './panels.ts';

type Requests = readonly LoggedRequest[];

/** The least and the most that a panel may show. */
interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Bounds of each series, by the values of its labels, joined by spaces; '' without labels. */
type Expected = ReadonlyMap<string, Bounds>;

interface Truth {
  readonly dashboard: string;
  readonly panel: string;
  readonly refId: string;
  /** The labels that tell its series apart. */
  readonly by?: readonly string[];
  /** Whether it shows only the first of its series. */
  readonly isPart?: true;
  readonly shows: 'count' | 'rate' | 'share' | 'quantile';
  /** @param seconds of the window */
  readonly expected: (requests: Requests, seconds: number) => Expected;
}

/** Requests that are counted just before or after a scrape may be on its other side in the log. */
const edge = 2;
/** Relative error of a value: what floating-point numbers and a millisecond of the window make. */
const rounding = 0.002;

const about = (value: number, slack: number): Bounds => ({
  min: value * (1 - rounding) - slack,
  max: value * (1 + rounding) + slack,
});

type LabelOf = (request: LoggedRequest) => string;

const bounds: readonly number[] = metrics.http_request_duration_seconds.buckets;
const answered = (requests: Requests) => requests.filter(({ status }) => status !== 499);
const isApi = ({ route }: LoggedRequest) => /^\/v1\/|^\/[.]well-known\//.test(route);
const classOf: LabelOf = ({ status }) => `${Math.floor(status / 100)}xx`;

function groups(requests: Requests, labelOf: LabelOf): Map<string, Requests> {
  const found = new Map<string, LoggedRequest[]>();
  for (const request of requests) {
    const label = labelOf(request);
    const group = found.get(label) ?? [];
    group.push(request);
    found.set(label, group);
  }
  return found;
}

const counts =
  (labelOf: LabelOf = () => '', of: (requests: Requests) => Requests = (all) => all): Truth['expected'] =>
  (requests) =>
    new Map([...groups(of(requests), labelOf)].map(([label, group]) => [label, about(group.length, edge)]));

const rates =
  (labelOf?: LabelOf, of?: (requests: Requests) => Requests): Truth['expected'] =>
  (requests, seconds) =>
    new Map(
      [...counts(labelOf, of)(requests, seconds)].map(([label, { min, max }]) => [
        label,
        { min: min / seconds, max: max / seconds },
      ]),
    );

/** The share of requests that are so, of those that count at all. */
const share =
  (
    of: (requests: Requests) => Requests,
    isSo: (request: LoggedRequest) => boolean,
    labelOf: LabelOf = () => '',
  ) =>
  (requests: Requests): Expected =>
    new Map(
      [...groups(of(requests), labelOf)].map(([label, group]) => [
        label,
        about(group.filter(isSo).length / group.length, edge / group.length),
      ]),
    );

/** A histogram knows no more of a request than its bucket. */
function bucketOf(seconds: number): Bounds {
  const max = bounds.find((bound) => seconds <= bound) ?? bounds.at(-1) ?? 0;
  const index = bounds.findIndex((bound) => seconds <= bound);
  // Of what is over the highest bound a quantile is that bound.
  const min = index < 0 ? max : (bounds[index - 1] ?? 0);
  return { min, max };
}

const quantile =
  (wanted: number, labelOf: LabelOf = () => ''): Truth['expected'] =>
  (requests) =>
    new Map(
      [...groups(answered(requests), labelOf)].map(([label, group]) => {
        const sorted = group.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
        const at = (rank: number) => sorted[Math.min(Math.max(Math.ceil(rank), 1), sorted.length) - 1] ?? 0;
        const rank = wanted * sorted.length;
        return [label, { min: bucketOf(at(rank - edge)).min, max: bucketOf(at(rank + edge)).max }] as const;
      }),
    );

/** Requests a second within each bound. */
const heat: Truth['expected'] = (requests, seconds) =>
  new Map(
    [...bounds, Number.POSITIVE_INFINITY].map((bound) => {
      const within = answered(requests).filter((request) => request.seconds <= bound).length;
      const { min, max } = about(within, edge);
      const name =
        bound === Number.POSITIVE_INFINITY ? '+Inf' : Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
      return [name, { min: min / seconds, max: max / seconds }];
    }),
  );

const route: LabelOf = (request) => request.route;
/** The route as durations are labelled: routes of no SLO are one. */
const timed: LabelOf = (request) => timedRoute(request.route);
const methodAndRoute: LabelOf = (request) => `${request.method} ${request.route}`;
const api = (requests: Requests) => answered(requests).filter(isApi);
const slow =
  /^(POST \/v1\/(users|sessions|todos\/batch)|PUT \/v1\/users\/me\/password|DELETE \/v1\/users\/me)$/;
const fast = (requests: Requests) => api(requests).filter((request) => !slow.test(methodAndRoute(request)));
const logIns = (requests: Requests) =>
  requests.filter((request) => methodAndRoute(request) === 'POST /v1/sessions');
const failed = ({ status }: LoggedRequest) => status >= 500;

/** The two queries of a panel whose faults are drawn below the rest. */
const faultsFirst = (
  shown: Pick<Truth, 'dashboard' | 'panel' | 'by'>,
  labelOf: LabelOf,
  of: (requests: Requests) => Requests,
  isFault: (request: LoggedRequest) => boolean,
): readonly Truth[] =>
  (['A', 'B'] as const).map((refId) => ({
    ...shown,
    refId,
    shows: 'rate',
    expected: rates(labelOf, (requests) =>
      of(requests).filter((request) => isFault(request) === (refId === 'A')),
    ),
  }));

const truths: readonly Truth[] = [
  { dashboard: 'golden-signals', panel: 'Request rate', refId: 'A', shows: 'rate', expected: rates() },
  {
    dashboard: 'golden-signals',
    panel: 'Availability',
    refId: 'A',
    shows: 'share',
    expected: share(api, (request) => !failed(request)),
  },
  {
    dashboard: 'golden-signals',
    panel: 'Latency SLI (100 ms)',
    refId: 'A',
    shows: 'share',
    expected: share(fast, (request) => !failed(request) && request.seconds <= 0.1),
  },
  ...faultsFirst(
    { dashboard: 'golden-signals', panel: 'Request rate by status class', by: ['status_class'] },
    classOf,
    answered,
    failed,
  ),
  {
    dashboard: 'golden-signals',
    panel: 'Error rate (5xx)',
    refId: 'A',
    shows: 'share',
    expected: share(api, failed),
  },
  ...(
    [
      ['A', 0.5],
      ['B', 0.95],
      ['C', 0.99],
    ] as const
  ).flatMap(([refId, wanted]) =>
    [
      { dashboard: 'golden-signals', panel: 'Latency p50 / p95 / p99' },
      { dashboard: 'load-test', panel: 'Latency p50 / p95 / p99 by the service' },
    ].map((panel): Truth => ({ ...panel, refId, shows: 'quantile', expected: quantile(wanted) })),
  ),
  {
    dashboard: 'golden-signals',
    panel: 'Latency heatmap',
    refId: 'A',
    by: ['le'],
    shows: 'rate',
    expected: heat,
  },
  {
    dashboard: 'golden-signals',
    panel: 'Top 5 routes by request rate',
    refId: 'A',
    by: ['route'],
    isPart: true,
    shows: 'rate',
    expected: rates(route),
  },
  ...faultsFirst(
    { dashboard: 'golden-signals', panel: 'Log-in attempts by outcome', by: ['outcome'] },
    ({ status }) => (status === 201 ? 'success' : 'failure'),
    logIns,
    ({ status }) => status !== 201,
  ),
  {
    dashboard: 'api',
    panel: 'Request rate by route',
    refId: 'A',
    by: ['route'],
    shows: 'rate',
    expected: rates(route),
  },
  ...faultsFirst(
    { dashboard: 'api', panel: 'Responses by status code', by: ['status'] },
    ({ status }) => String(status),
    (requests) => requests,
    failed,
  ),
  {
    dashboard: 'api',
    panel: 'Requests, errors and latency by route',
    refId: 'A',
    by: ['method', 'route'],
    shows: 'count',
    expected: counts(methodAndRoute),
  },
  {
    dashboard: 'api',
    panel: 'Requests, errors and latency by route',
    refId: 'C',
    by: ['method', 'route'],
    shows: 'share',
    expected: share(
      (requests) => requests,
      ({ status }) => status >= 400 && status < 499,
      methodAndRoute,
    ),
  },
  {
    dashboard: 'api',
    panel: 'Requests, errors and latency by route',
    refId: 'D',
    by: ['method', 'route'],
    shows: 'quantile',
    expected: quantile(0.95, (request) => `${request.method} ${timed(request)}`),
  },
  {
    dashboard: 'api',
    panel: 'Top 10 routes by latency p99',
    refId: 'A',
    isPart: true,
    by: ['route'],
    shows: 'quantile',
    expected: quantile(0.99, timed),
  },
];

/** A window as a query writes it. A millisecond more, since it begins after its first moment. */
function windowVariables(ms: number): readonly (readonly [string, VariableValue])[] {
  const duration = { values: [`${ms + 1}ms`], isPattern: false };
  return ['__rate_interval', '__range'].map((name) => [name, duration]);
}

/** Sentences about series of a panel that show something else than they have to. */
export function faultsOf(
  series: readonly Series[],
  expected: Expected,
  {
    by = [],
    isPart = false,
    unexpected = 0,
  }: { by?: readonly string[]; isPart?: boolean; unexpected?: number },
): string[] {
  const shown = new Map(
    series.map(({ labels, samples }) => [
      by.map((label) => labels[label] ?? '').join(' '),
      samples.at(-1)?.value ?? Number.NaN,
    ]),
  );
  const named = (label: string) => (label === '' ? '' : ` for ${label}`);
  const number = (value: number) => Number(value.toPrecision(6));
  const wrong = [...expected].flatMap(([label, { min, max }]) => {
    const value = shown.get(label);
    // At the edge of the window, or not among the first ones.
    if (value === undefined && (min <= 0 || isPart)) return [];
    if (value !== undefined && value >= min && value <= max) return [];
    const shows = value === undefined ? 'nothing' : number(value);
    return [`shows ${shows}${named(label)}; by the access log it is ${number(min)} to ${number(max)}`];
  });
  const surplus = [...shown].flatMap(([label, value]) =>
    expected.has(label) || !(value > unexpected)
      ? []
      : [`shows ${number(value)}${named(label)}; the access log has no such request`],
  );
  return [...wrong, ...surplus];
}

/**
 * Compares what panels show with what was logged between the same two scrapes.
 * @returns a sentence for each that differs, and how many queries were compared
 */
export async function valueFaults(
  dashboards: readonly Dashboard[],
  view: View,
  requests: Requests,
): Promise<{ faults: string[]; compared: number }> {
  const ms = view.range.to - view.range.from;
  const seconds = ms / 1000;
  const faults: string[] = [];
  for (const { dashboard: uid, panel, refId, expected, ...truth } of truths) {
    const dashboard = dashboards.find((each) => each.uid === uid);
    const query = dashboard?.queries.find((each) => each.panel === panel && each.refId === refId);
    if (dashboard === undefined || query === undefined) {
      faults.push(
        `e2e/verify/values.ts expects a query ${refId} in the panel "${panel}" of ${uid}: there is none.`,
      );
      continue;
    }
    const variables = await openDashboard(dashboard, view);
    const once = { ...query, instant: true, range: false };
    const { expr, series } = await runQuery(once, variables, view, windowVariables(ms));
    const unexpected = truth.shows === 'rate' ? edge / seconds : truth.shows === 'count' ? edge : 0;
    const wrong = faultsOf(series, expected(requests, seconds), { ...truth, unexpected });
    faults.push(
      ...wrong.map(
        (fault) => `Dashboard "${dashboard.title}", panel "${panel}", query ${refId} ${fault}: ${expr}`,
      ),
    );
  }
  return { faults, compared: truths.length };
}
