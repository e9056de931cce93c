/**
 * Summary of a run, made from k6's own. Knows nothing of k6's modules, so that tests and `make verify` use
 * it.
 */

/** A series of requests that is counted apart. */
export interface CountedSeries {
  readonly method: string;
  readonly route: string;
  /** 0: no answer came. */
  readonly status: number;
  /** Its name in k6's summary. */
  readonly metric: string;
}

/** The data that k6 hands over when a run has ended; nothing of `setup_data`, which holds passwords. */
export interface RunData {
  readonly state: { readonly testRunDurationMs: number };
  readonly root_group: Group;
  readonly metrics: Readonly<Record<string, Metric>>;
}

interface Metric {
  readonly values: Readonly<Record<string, number>>;
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
}

interface Group {
  readonly groups: readonly Group[];
  readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
}

export interface Latency {
  readonly class: string;
  readonly requests: number;
  /** In milliseconds, as the others. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The JSON that a run writes. */
export interface LoadSummary {
  readonly profile: string;
  readonly testId: string;
  readonly target: string;
  readonly seconds: number;
  readonly ok: boolean;
  /** All requests that were sent, those of setup and teardown included. */
  readonly requests: number;
  /** The same by route; what is missing to `requests` got a status that the API doesn't declare. */
  readonly counts: readonly Omit<CountedSeries & { count: number }, 'metric'>[];
  /** Share of all requests, between 0 and 1. */
  readonly clientErrorShare: number;
  readonly journeys: number;
  readonly droppedJourneys: number;
  readonly latency: readonly Latency[];
  readonly checks: Group['checks'];
  readonly thresholds: readonly { readonly metric: string; readonly limit: string; readonly ok: boolean }[];
}

const classes = ['fast', 'slow'];

const allChecks = ({ checks, groups }: Group): Group['checks'] => [...checks, ...groups.flatMap(allChecks)];

/** Each check once: the setup's and the journeys' are k6's own groups. */
function checksOf(root: Group): Group['checks'] {
  const byName = new Map<string, { name: string; passes: number; fails: number }>();
  for (const { name, passes, fails } of allChecks(root)) {
    const sum = byName.get(name) ?? { name, passes: 0, fails: 0 };
    byName.set(name, { name, passes: sum.passes + passes, fails: sum.fails + fails });
  }
  return [...byName.values()];
}

export function summarise(
  { state, root_group, metrics }: RunData,
  about: Pick<LoadSummary, 'profile' | 'testId' | 'target'>,
  counted: readonly CountedSeries[],
): LoadSummary {
  const value = (metric: string, name: string) => metrics[metric]?.values[name] ?? 0;
  const counts = counted
    .map(({ metric, ...series }) => ({ ...series, count: value(metric, 'count') }))
    .filter(({ count }) => count > 0);
  const countedApart = new Set(counted.map(({ metric }) => metric));
  const thresholds = Object.entries(metrics)
    .filter(([metric]) => !countedApart.has(metric))
    .flatMap(([metric, { thresholds: limits = {} }]) =>
      Object.entries(limits).map(([limit, { ok }]) => ({ metric, limit, ok })),
    )
    .sort((a, b) => (a.metric < b.metric ? -1 : 1));
  const requests = value('http_reqs', 'count');
  const clientErrors = counts
    .filter(({ status }) => status >= 400 && status < 500)
    .reduce((sum, { count }) => sum + count, 0);
  return {
    ...about,
    seconds: state.testRunDurationMs / 1000,
    ok: thresholds.every(({ ok }) => ok),
    requests,
    counts,
    clientErrorShare: requests === 0 ? 0 : clientErrors / requests,
    journeys: value('iterations', 'count'),
    droppedJourneys: value('dropped_iterations', 'count'),
    latency: classes.map((name) => {
      const of = (stat: string) => value(`http_req_duration{class:${name}}`, stat);
      return {
        class: name,
        requests: of('count'),
        p50: of('p(50)'),
        p95: of('p(95)'),
        p99: of('p(99)'),
        p999: of('p(99.9)'),
        max: of('max'),
      };
    }),
    checks: checksOf(root_group),
    thresholds,
  };
}
