/**
 * The values that each panel shows of the known series: its unit, and for each query a number, or several by their legend (in
 * tables and heatmaps by their labels). Worked out from the rates in known-series.ts, not by asking Prometheus.
 */
import { slos } from '@sightline/contract/signals.ts';
import {
  both,
  inRange,
  observedInRange,
  perSecondInRange,
  quantile,
  together,
  within,
} from './arithmetic.ts';
import { sloFactors } from './known-series.ts';
import type { Observations } from './series.ts';

type Value = number | Readonly<Record<string, number>>;

export interface ExpectedPanel {
  readonly unit: string;
  /** The values by refId. */
  readonly queries: Readonly<Record<string, Value>>;
}

const one = (unit: string, value: Value): ExpectedPanel => ({ unit, queries: { A: value } });

/** Parts of a whole: those of faults are the first query, and are drawn at the axis. */
const faultsFirst = (unit: string, faults: Value, others: Value): ExpectedPanel => ({
  unit,
  queries: { A: faults, B: others },
});

const [a, b] = ['10.0.0.1:9464', '10.0.0.2:9464'];
const each = (first: number, second = 2 * first, prefix = '') => ({
  [`${prefix}${a}`]: first,
  [`${prefix}${b}`]: second,
});

// Requests by route and class of status: now of both instances, before of each.
const duration = 'http_request_duration_seconds';
const todos = {
  now: together({ 0.05: 3, 0.25: 0.9, 1: 0.3 }, { 0.01: 6, 0.5: 2 }),
  before: { 0.025: 2 },
};
const failures = { now: { 0.005: 0.12 }, before: {} };
const sessions = { now: { 0.05: 0.1, 0.5: 0.5, 1: 1 }, before: { 0.1: 0.2, 0.25: 0.2 } };
const me = { now: { 0.01: 2.4 }, before: { 0.005: 0.4 } };
const failuresOfMe = { now: { 0.005: 0.03 }, before: {} };
const erasures = { now: { 0.05: 0.1, 2.5: 0.3 }, before: { 2.5: 0.2 } };
const health = { now: { 0.005: 6 }, before: { 0.005: 1.2 } };
const answered = together(todos.now, sessions.now, me.now, erasures.now, health.now);
const failed = together(failures.now, failuresOfMe.now);
const requests = together(answered, failed);
const latency = {
  A: { p50: quantile(duration, 0.5, requests) },
  B: { p95: quantile(duration, 0.95, requests) },
  C: { p99: quantile(duration, 0.99, requests) },
};
const observed = ({ now, before }: { now: Observations; before: Observations }) =>
  observedInRange(now, before);
const everything = Number.POSITIVE_INFINITY;
const fast = together(observed(todos), observed(me));
const fastWithFailures = together(fast, observed(failures), observed(failuresOfMe));

// Availability: all of the API, but neither what clients gave up nor, among the good, what failed.
const goodRates = [4, 0.4, 1, 0.2, 0.1, 0.8];
const good = goodRates.reduce((sum, rate) => sum + rate, 0);

const buckets = (name: readonly number[], observations: Observations) =>
  Object.fromEntries([
    ...name.map((bound) => [String(bound), within(observations, bound)]),
    ['+Inf', within(observations, everything)],
  ]);

// Statements.
const list = together({ 0.005: 4 }, { 0.025: 8 });
const create = together({ 0.1: 1 }, { 0.1: 1, 0.5: 1 });
const statements = 'db_query_duration_seconds';
const remove = { 0.001: 0.3 };
const batch = together({ 0.1: 1 }, { 0.5: 3 });

const ofTodos = (status: string) => `method=GET,route=/v1/todos${status}`;
const ofCreate = 'method=POST,route=/v1/todos';
const ofSessions = 'method=POST,route=/v1/sessions';
const todosInRange = both(inRange(4.5)) + both(inRange(0.04, 0));
const sessionsInRange = both(inRange(0.3));

/** The blue and the green one of a recorded series: the second is twice the first. */
const recorded = {
  min: (value: number) => value,
  max: (value: number) => 2 * value,
};

function sloPanels([slo, factor]: [string, number]): Readonly<Record<string, ExpectedPanel>> {
  const of = (value: number) => value * factor;
  const burn = (window: string, value: number) => ({ [window]: recorded.max(of(value)) });
  return {
    [`Error budget left: ${slo}`]: one('percentunit', recorded.min(of(0.1))),
    [`Error budget over time: ${slo}`]: one('percentunit', { left: recorded.min(of(0.1)) }),
    [`Burn rate: ${slo}`]: {
      unit: 'short',
      queries: {
        A: burn('5m', 1.1),
        B: burn('30m', 1.2),
        C: burn('1h', 1.3),
        D: burn('6h', 1.4),
        E: burn('3d', 1.5),
      },
    },
    [`Good and bad events: ${slo}`]: {
      unit: 'short',
      queries: { A: { bad: both(of(10)) }, B: { good: both(of(90)) } },
    },
  };
}
const ofEachSlo = (value: (times: number) => number) =>
  Object.fromEntries(Object.entries(sloFactors).map(([slo, factor]) => [`slo=${slo}`, value(factor)]));

const refused = { ip: both(0.2), user: both(0.5) };

/** The expected panels, by the dashboard's uid and the panel's title. */
export const expected: Readonly<Record<string, Readonly<Record<string, ExpectedPanel>>>> = {
  'golden-signals': {
    Availability: one('percentunit', inRange(good) / (inRange(good) + inRange(0.05, 0))),
    'Latency SLI (100 ms)': one('percentunit', within(fast, 0.1) / within(fastWithFailures, everything)),
    'Error budget left': one('percentunit', 0.1),
    'Request rate': one('reqps', both(8.65)),
    'Requests in flight': one('short', both(3)),
    'Targets up': one('short', 2),
    'Database up': one('bool_yes_no', 1),
    'Firing alerts': one('short', 5),
    'Request rate by status class': faultsFirst(
      'reqps',
      { '5xx': within(failed, everything) },
      { '2xx': within(answered, everything) },
    ),
    'Error rate (5xx)': one('percentunit', { failed: 0.05 / (good + 0.05) }),
    'Latency p50 / p95 / p99': { unit: 's', queries: latency },
    'Latency heatmap': one('short', buckets([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5], requests)),
    'Event loop and CPU utilization': {
      unit: 'percentunit',
      queries: { A: each(0.2, 0.4, 'event loop of '), B: each(0.3, 0.6, 'processor of ') },
    },
    'Database statements in flight and queued': {
      unit: 'short',
      queries: { A: { 'in flight': both(6) }, B: { waiting: both(8) } },
    },
    'Top 5 routes by request rate': one('reqps', {
      '/v1/todos': both(5.54),
      '/health/ready': both(2),
      '/v1/users/me': both(0.81),
      '/v1/sessions': both(0.3),
    }),
    'Rate-limited requests (429)': one('reqps', refused),
    'Log-in attempts by outcome': faultsFirst('cps', { failure: both(0.1) }, { success: both(0.5) }),
  },
  slo: {
    'SLO overview': {
      unit: 'short',
      queries: {
        A: ofEachSlo(() => 0.99),
        B: ofEachSlo((times) => recorded.min(0.1 * times)),
        C: ofEachSlo((times) => recorded.max(1.3 * times)),
        D: ofEachSlo((times) => recorded.max(1.4 * times)),
        E: ofEachSlo((times) => recorded.max(1.5 * times)),
      },
    },
    ...Object.assign(
      {},
      ...Object.entries(sloFactors)
        .filter(([slo]) => slo in slos)
        .map(sloPanels),
    ),
  },
  api: {
    'Requests, errors and latency by route': {
      unit: 'short',
      queries: {
        A: {
          [ofTodos('')]: todosInRange,
          [ofCreate]: both(inRange(1)),
          [ofSessions]: sessionsInRange,
        },
        B: { [ofTodos('')]: both(inRange(0.04, 0)) / todosInRange },
        C: {
          [ofTodos('')]: both(inRange(0.4)) / todosInRange,
          [ofSessions]: both(inRange(0.1)) / sessionsInRange,
        },
        D: {
          [ofTodos('')]: quantile(duration, 0.95, together(observed(todos), observed(failures))),
          [ofSessions]: quantile(duration, 0.95, observed(sessions)),
        },
        E: {
          [ofTodos('')]: quantile(duration, 0.99, together(observed(todos), observed(failures))),
          [ofSessions]: quantile(duration, 0.99, observed(sessions)),
        },
      },
    },
    'Top 10 routes by request rate': one('reqps', { '/v1/todos': both(5.54), '/v1/sessions': both(0.3) }),
    'Top 10 routes by errors (5xx)': one('short', { '/v1/todos': both(inRange(0.04, 0)) }),
    'Top 10 routes by latency p99': one('s', {
      '/v1/todos': quantile(duration, 0.99, together(observed(todos), observed(failures))),
      '/v1/sessions': quantile(duration, 0.99, observed(sessions)),
    }),
    'Request rate by route': one('reqps', { '/v1/todos': both(5.54), '/v1/sessions': both(0.3) }),
    'Responses by status code': faultsFirst(
      'reqps',
      { 500: both(0.04) },
      { 200: both(4.2), 201: both(1), 401: both(0.1), 404: both(0.4), 499: both(0.1) },
    ),
    'Latency p95 by route': one('s', {
      '/v1/todos': quantile(duration, 0.95, together(todos.now, failures.now)),
      '/v1/sessions': quantile(duration, 0.95, sessions.now),
    }),
    'Todo operations: successful': one('ops', { create: both(1), list: both(4) }),
    'Todo operations: refused and failed': one('ops', { failed: both(0.3), refused: both(0.7) }),
    'Idempotent replays': one('reqps', { 'answered from memory': both(0.05) }),
    'Authentication attempts by outcome': faultsFirst(
      'cps',
      { 'password: failure': both(0.1) },
      { 'password: success': both(0.5), 'refresh_token: success': both(0.7) },
    ),
    'Password hashing queue': {
      unit: 'short',
      queries: { A: { waiting: both(4) }, B: { 'refused a second': both(0.02) } },
    },
    'Rate-limited requests by limit (429)': {
      unit: 'reqps',
      queries: { A: refused, B: { 'of an address that is malformed': both(0.3) } },
    },
    'Rate limits shared in Redis': one('bool_yes_no', each(1, 0)),
  },
  nodejs: {
    Releases: one('short', {
      // Milliseconds since 1970, written as how long before the end (compare.ts).
      [`instance=${a},node_version=v26.10.0,revision=abc1,version=0.1.0`]: -300e3,
      [`instance=${b},node_version=v26.10.0,revision=abc2,version=0.2.0`]: -2400e3,
    }),
    'Callback errors': one('short', both(inRange(0.1))),
    Restarts: one('short', 2),
    'Event loop lag p50 / p99': {
      unit: 's',
      queries: {
        A: each(
          quantile('nodejs_eventloop_delay_seconds', 0.5, { 0.005: 40, 0.05: 2 }),
          quantile('nodejs_eventloop_delay_seconds', 0.5, { 0.01: 40, 0.25: 2 }),
          'p50 of ',
        ),
        B: each(
          quantile('nodejs_eventloop_delay_seconds', 0.99, { 0.005: 40, 0.05: 2 }),
          quantile('nodejs_eventloop_delay_seconds', 0.99, { 0.01: 40, 0.25: 2 }),
          'p99 of ',
        ),
      },
    },
    'Event loop utilization': one('percentunit', each(0.2)),
    'Active resources': one('short', { timeout: both(11), tcp_connection: both(20) }),
    'GC time share': one('percentunit', {
      minor: 5 * 0.001 + 4 * 0.005,
      major: 0.5 * 0.02 + 0.25 * 0.1,
    }),
    'GC pause p99': one('s', {
      minor: quantile('nodejs_gc_duration_seconds', 0.99, { 0.001: 5, 0.005: 4 }),
      major: quantile('nodejs_gc_duration_seconds', 0.99, { 0.02: 0.5, 0.1: 0.25 }),
    }),
    'GC runs by kind': one('ops', { minor: 9, major: 0.75 }),
    'Memory utilization': {
      unit: 'percentunit',
      queries: { A: each(0.2, 0.25, 'process '), B: each(0.1, 0.25, 'heap of ') },
    },
    'Memory usage': {
      unit: 'bytes',
      queries: {
        A: each(100e6, 200e6, 'process '),
        B: each(60e6, 120e6, 'heap of '),
        C: each(36e6, 72e6, 'heap in use of '),
        D: each(5e6, 10e6, 'outside the heap of '),
      },
    },
    'CPU usage (cores)': one('short', each(0.3)),
    'File descriptor utilization': one('percentunit', each(0.05, 0.2)),
  },
  postgresql: {
    'Database up by instance': one('bool_yes_no', each(1, 1)),
    'Query rate': one('ops', { 'todos.list': 12, 'todos.create': 3, 'todos.delete': 0.3 }),
    'Database error rate': one('cps', { deadlock: both(0.06) }),
    'Query latency p95': one('s', {
      'todos.list': quantile(statements, 0.95, list),
      'todos.create': quantile(statements, 0.95, create),
      'todos.delete': quantile(statements, 0.95, remove),
    }),
    'Query latency heatmap': one(
      'short',
      buckets([0.001, 0.005, 0.025, 0.1, 0.5, 2.5], together(list, create, remove)),
    ),
    'Top 10 queries by total time': one('percentunit', {
      'todos.list': perSecondInRange(4 * 0.005 + 8 * 0.025, 2 * 0.001),
      'todos.create': perSecondInRange(2 * 0.1 + 0.5, 0.6 * 0.025),
      'todos.delete': perSecondInRange(0.3 * 0.001, 0.2 * 0.005),
    }),
    Connections: { unit: 'short', queries: { A: { idle: both(2), in_use: both(5) }, B: { max: both(10) } } },
    'Queries in flight and queued': {
      unit: 'short',
      queries: { A: { 'in flight': both(6) }, B: { waiting: both(8) } },
    },
    'Connection wait p95': one(
      's',
      each(
        quantile('db_queue_wait_seconds', 0.95, { 0.001: 4, 0.1: 1 }),
        quantile('db_queue_wait_seconds', 0.95, { 0.005: 8 }),
      ),
    ),
    'Time since last clean-up': one('s', 40),
    'Rows removed by background jobs': one('cps', { audit: both(3) }),
    Sessions: one('short', { todos: both(12) }),
    'Transaction rate': {
      unit: 'ops',
      queries: { A: { committed: both(30) }, B: { 'rolled back': both(2) }, C: { deadlocks: both(0.1) } },
    },
    'Cache hit ratio': one('percentunit', { 'from memory': 0.9 }),
    'Database size': one('bytes', { todos: both(7e9) }),
    'Time since last backup': one('s', 3600),
    'Time since last restore drill': one('s', 43_200),
    'Backup and restore duration': {
      unit: 's',
      queries: { A: { backup: 140 }, B: { 'restore drill': 600 } },
    },
    'Backup size': one('bytes', { backup: 4e9 }),
  },
  'log-pipeline': {
    'Log lines by level': faultsFirst('cps', { error: both(0.04) }, { info: both(9) }),
    'Log lines lost by the service': one('short', both(inRange(0.1))),
    'Trace spans': {
      unit: 'cps',
      queries: { A: { made: both(7) }, B: { 'sent: success': both(6), 'sent: dropped': both(1) } },
    },
    'Shipping lag': one('s', 8),
    'Time since last shipped batch': one('s', 20),
    'Time since last checkpoint': one('s', 30),
    'Dead letters': one('short', both(inRange(0.2))),
    'Log lines shipped': faultsFirst('cps', { dead_lettered: both(0.2) }, { shipped: both(9) }),
    'Backlog in bytes': one('bytes', { waiting: both(1000) }),
    'Batch retries': one('cps', { throttled: both(0.5) }),
    'Batch duration p50 / p95': {
      unit: 's',
      queries: {
        A: { p50: quantile('log_shipper_batch_duration_seconds', 0.5, batch) },
        B: { p95: quantile('log_shipper_batch_duration_seconds', 0.95, batch) },
      },
    },
    'Batch size p50': one('short', {
      p50: quantile('log_shipper_batch_lines', 0.5, { 10: 1, 100: 3 }),
    }),
    'Elasticsearch up': one('bool_yes_no', each(1, 0)),
    'Elasticsearch cluster health': one('short', { green: 1, red: 0 }),
  },
  alerts: {
    'Firing pages': one('short', 2),
    'Firing tickets': one('short', 3),
    'Firing and pending alerts': one('short', {
      'alertname=SLOErrorBudgetBurn,alertstate=firing,severity=page,slo=availability': 1,
      'alertname=ProbeFailing,alertstate=firing,severity=page': 1,
      [`alertname=EventLoopLag,alertstate=firing,instance=${a},severity=ticket`]: 1,
      [`alertname=EventLoopLag,alertstate=firing,instance=${b},severity=ticket`]: 1,
      'alertname=DiskFilling,alertstate=firing,severity=ticket': 1,
      'alertname=SlowQueries,alertstate=pending,severity=ticket': 1,
      'alertname=TargetDown,alertstate=pending,severity=page': 1,
    }),
    'Alerts over time': one('short', {
      'SLOErrorBudgetBurn (page)': 1,
      'ProbeFailing (page)': 1,
      'EventLoopLag (ticket)': 1,
      'DiskFilling (ticket)': 1,
    }),
    'Targets up by instance': one('bool_yes_no', {
      ...each(1, 1, 'todo-api '),
      'todo-api 10.0.0.3:9464': 1,
      [`other ${a}`]: 1,
      ...each(1, 0, 'prometheus '),
    }),
    'Blackbox probes up': one('bool_yes_no', each(1, 0)),
    'Certificate expiry': one('s', 20 * 86_400),
    'Disk free': one('percentunit', 0.3),
    'Time since last heartbeat': one('s', 50),
    'Configuration reloads successful': one('bool_yes_no', { prometheus: 0, alertmanager: 1 }),
    'Rule evaluation failures': one('cps', { slo: both(0.2) }),
    'Alerts sent to Alertmanager': {
      unit: 'cps',
      queries: { A: { am: both(0.6) }, B: { 'am, failed': both(0.1) } },
    },
    'Alertmanager notifications': {
      unit: 'cps',
      queries: { A: { webhook: both(0.4) }, B: { 'webhook, failed': both(0.3) } },
    },
  },
  'load-test': {
    'Virtual users': one('short', both(20)),
    'k6 requests': one('short', both(inRange(8)) + both(inRange(0.2, 0.2))),
    'k6 error rate': one('percentunit', inRange(0.2, 0.2) / (inRange(8) + inRange(0.2, 0.2))),
    'k6 checks passed': one('percentunit', 0.98),
    'Request rate: k6 and the service': {
      unit: 'reqps',
      queries: { A: { 'sent by k6': both(8.2) }, B: { 'answered by the service': both(6.65) } },
    },
    'Latency p50 / p95 / p99 by k6': {
      unit: 's',
      queries: { A: { p50: 0.02 }, B: { p95: 0.1 }, C: { p99: 0.4 } },
    },
    'Latency p50 / p95 / p99 by the service': { unit: 's', queries: latency },
    'k6 latency p99 by request': one('s', { list: 0.16, 'log in': 0.4 }),
    Iterations: { unit: 'ops', queries: { A: { finished: both(2) }, B: { dropped: both(0.5) } } },
    'k6 network traffic': { unit: 'Bps', queries: { A: { received: both(5000) }, B: { sent: both(1000) } } },
  },
};
