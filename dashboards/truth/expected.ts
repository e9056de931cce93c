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
  A: { '50 %': quantile(duration, 0.5, requests) },
  B: { '95 %': quantile(duration, 0.95, requests) },
  C: { '99 %': quantile(duration, 0.99, requests) },
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
    [`Budget left: ${slo}`]: one('percentunit', recorded.min(of(0.1))),
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
    'Answered without a fault': one('percentunit', inRange(good) / (inRange(good) + inRange(0.05, 0))),
    'Reads and writes within 100 ms': one(
      'percentunit',
      within(fast, 0.1) / within(fastWithFailures, everything),
    ),
    'Error budget left': one('percentunit', 0.1),
    'Requests a second': one('reqps', both(8.65)),
    'Requests in flight': one('short', both(3)),
    'Instances that answer': one('short', 2),
    'Database reachable': one('bool_yes_no', 1),
    'Alerts that fire': one('short', 5),
    'Traffic: requests by kind of answer': faultsFirst(
      'reqps',
      { '5xx': within(failed, everything) },
      { '2xx': within(answered, everything) },
    ),
    'Errors: share of requests that fail': one('percentunit', { failed: 0.05 / (good + 0.05) }),
    'Latency: half, 95 % and 99 % of requests': { unit: 's', queries: latency },
    'Latency: how long requests take': one(
      'short',
      buckets([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5], requests),
    ),
    'Saturation: event loop and processor': {
      unit: 'percentunit',
      queries: { A: each(0.2, 0.4, 'event loop of '), B: each(0.3, 0.6, 'processor of ') },
    },
    'Saturation: statements to the database': {
      unit: 'short',
      queries: { A: { 'in flight': both(6) }, B: { waiting: both(8) } },
    },
    'Busiest routes': one('reqps', {
      '/v1/todos': both(5.54),
      '/health/ready': both(2),
      '/v1/users/me': both(0.81),
      '/v1/sessions': both(0.3),
    }),
    'Refused: too many requests': one('reqps', refused),
    'Log-ins by password': faultsFirst('cps', { failure: both(0.1) }, { success: both(0.5) }),
  },
  slo: {
    'Objectives at a glance': {
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
    'Routes in the shown time': {
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
    'Routes with the most requests': one('reqps', { '/v1/todos': both(5.54), '/v1/sessions': both(0.3) }),
    'Routes with the most failures': one('short', { '/v1/todos': both(inRange(0.04, 0)) }),
    'Slowest routes': one('s', {
      '/v1/todos': quantile(duration, 0.99, together(observed(todos), observed(failures))),
      '/v1/sessions': quantile(duration, 0.99, observed(sessions)),
    }),
    'Requests by route': one('reqps', { '/v1/todos': both(5.54), '/v1/sessions': both(0.3) }),
    'Answers by status': faultsFirst(
      'reqps',
      { 500: both(0.04) },
      { 200: both(4.2), 201: both(1), 401: both(0.1), 404: both(0.4), 499: both(0.1) },
    ),
    'Latency of 95 % of requests by route': one('s', {
      '/v1/todos': quantile(duration, 0.95, together(todos.now, failures.now)),
      '/v1/sessions': quantile(duration, 0.95, sessions.now),
    }),
    'Operations on todos': one('ops', { create: both(1), list: both(4) }),
    'Operations on todos that do not succeed': one('ops', { failed: both(0.3), refused: both(0.7) }),
    'Requests sent twice': one('reqps', { 'answered from memory': both(0.05) }),
    'Log-ins and refreshes': faultsFirst(
      'cps',
      { 'password: failure': both(0.1) },
      { 'password: success': both(0.5), 'refresh_token: success': both(0.7) },
    ),
    'Passwords that wait for their hash': {
      unit: 'short',
      queries: { A: { waiting: both(4) }, B: { 'refused a second': both(0.02) } },
    },
    'Requests over a limit': {
      unit: 'reqps',
      queries: { A: refused, B: { 'of an address that is malformed': both(0.3) } },
    },
    'Limits counted in Redis': one('bool_yes_no', each(1, 0)),
  },
  nodejs: {
    Releases: one('short', {
      // Milliseconds since 1970, written as how long before the end (compare.ts).
      [`instance=${a},node_version=v26.10.0,revision=abc1,version=0.1.0`]: -300e3,
      [`instance=${b},node_version=v26.10.0,revision=abc2,version=0.2.0`]: -2400e3,
    }),
    'Callbacks that failed': one('short', both(inRange(0.1))),
    'Restarts in the shown time': one('short', 2),
    'Event loop delay': {
      unit: 's',
      queries: {
        A: each(
          quantile('nodejs_eventloop_delay_seconds', 0.5, { 0.005: 40, 0.05: 2 }),
          quantile('nodejs_eventloop_delay_seconds', 0.5, { 0.01: 40, 0.25: 2 }),
          '50 % of ',
        ),
        B: each(
          quantile('nodejs_eventloop_delay_seconds', 0.99, { 0.005: 40, 0.05: 2 }),
          quantile('nodejs_eventloop_delay_seconds', 0.99, { 0.01: 40, 0.25: 2 }),
          '99 % of ',
        ),
      },
    },
    'Event loop busy': one('percentunit', each(0.2)),
    'What keeps the event loop alive': one('short', { timeout: both(11), tcp_connection: both(20) }),
    'Time spent collecting garbage': one('percentunit', {
      minor: 5 * 0.001 + 4 * 0.005,
      major: 0.5 * 0.02 + 0.25 * 0.1,
    }),
    'Longest pauses': one('s', {
      minor: quantile('nodejs_gc_duration_seconds', 0.99, { 0.001: 5, 0.005: 4 }),
      major: quantile('nodejs_gc_duration_seconds', 0.99, { 0.02: 0.5, 0.1: 0.25 }),
    }),
    'Collections a second': one('ops', { minor: 9, major: 0.75 }),
    'Memory used, of its limits': {
      unit: 'percentunit',
      queries: { A: each(0.2, 0.25, 'process '), B: each(0.1, 0.25, 'heap of ') },
    },
    Memory: {
      unit: 'bytes',
      queries: {
        A: each(100e6, 200e6, 'process '),
        B: each(60e6, 120e6, 'heap of '),
        C: each(36e6, 72e6, 'heap in use of '),
        D: each(5e6, 10e6, 'outside the heap of '),
      },
    },
    'Processor cores': one('short', each(0.3)),
    'Open files, of their limit': one('percentunit', each(0.05, 0.2)),
  },
  postgresql: {
    'Database reachable, by instance': one('bool_yes_no', each(1, 1)),
    'Statements a second': one('ops', { 'todos.list': 12, 'todos.create': 3, 'todos.delete': 0.3 }),
    'Database errors a second': one('cps', { deadlock: both(0.06) }),
    'How long statements take: 95 %': one('s', {
      'todos.list': quantile(statements, 0.95, list),
      'todos.create': quantile(statements, 0.95, create),
      'todos.delete': quantile(statements, 0.95, remove),
    }),
    'Statements by how long they take': one(
      'short',
      buckets([0.001, 0.005, 0.025, 0.1, 0.5, 2.5], together(list, create, remove)),
    ),
    'Statements that take the most time': one('percentunit', {
      'todos.list': perSecondInRange(4 * 0.005 + 8 * 0.025, 2 * 0.001),
      'todos.create': perSecondInRange(2 * 0.1 + 0.5, 0.6 * 0.025),
      'todos.delete': perSecondInRange(0.3 * 0.001, 0.2 * 0.005),
    }),
    Connections: { unit: 'short', queries: { A: { idle: both(2), in_use: both(5) }, B: { max: both(10) } } },
    'Statements in flight and waiting': {
      unit: 'short',
      queries: { A: { 'in flight': both(6) }, B: { waiting: both(8) } },
    },
    'How long statements wait for a connection: 95 %': one(
      's',
      each(
        quantile('db_queue_wait_seconds', 0.95, { 0.001: 4, 0.1: 1 }),
        quantile('db_queue_wait_seconds', 0.95, { 0.005: 8 }),
      ),
    ),
    'Since the last clean-up': one('s', 40),
    'Rows removed by background jobs': one('cps', { audit: both(3) }),
    Sessions: one('short', { todos: both(12) }),
    Transactions: {
      unit: 'ops',
      queries: { A: { committed: both(30) }, B: { 'rolled back': both(2) }, C: { deadlocks: both(0.1) } },
    },
    'Blocks found in memory': one('percentunit', { 'from memory': 0.9 }),
    'Size of the database': one('bytes', { todos: both(7e9) }),
    'Since the last backup': one('s', 3600),
    'Since the last restore drill': one('s', 43_200),
    'How long backups and restores take': {
      unit: 's',
      queries: { A: { backup: 140 }, B: { 'restore drill': 600 } },
    },
    'Size of backups': one('bytes', { backup: 4e9 }),
  },
  'log-pipeline': {
    'Log lines by level': faultsFirst('cps', { error: both(0.04) }, { info: both(9) }),
    'Log lines lost by the service': one('short', both(inRange(0.1))),
    'Trace spans': {
      unit: 'cps',
      queries: { A: { made: both(7) }, B: { 'sent: success': both(6), 'sent: dropped': both(1) } },
    },
    'Age of the oldest line not shipped': one('s', 8),
    'Since Elasticsearch last took lines': one('s', 20),
    'Since the shipper noted its place': one('s', 30),
    'Dead letters in the shown time': one('short', both(inRange(0.2))),
    'Lines shipped': faultsFirst('cps', { dead_lettered: both(0.2) }, { shipped: both(9) }),
    'Bytes of log not shipped yet': one('bytes', { waiting: both(1000) }),
    'Batches sent again': one('cps', { throttled: both(0.5) }),
    'How long a batch takes': {
      unit: 's',
      queries: {
        A: { '50 %': quantile('log_shipper_batch_duration_seconds', 0.5, batch) },
        B: { '95 %': quantile('log_shipper_batch_duration_seconds', 0.95, batch) },
      },
    },
    'Lines in a batch': one('short', {
      '50 %': quantile('log_shipper_batch_lines', 0.5, { 10: 1, 100: 3 }),
    }),
    'Elasticsearch answers the shipper': one('bool_yes_no', each(1, 0)),
    'Health of Elasticsearch': one('short', { green: 1, red: 0 }),
  },
  alerts: {
    Pages: one('short', 2),
    Tickets: one('short', 3),
    'Alerts that fire or are pending': one('short', {
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
    'Targets that give metrics': one('bool_yes_no', {
      ...each(1, 1, 'todo-api '),
      'todo-api 10.0.0.3:9464': 1,
      [`other ${a}`]: 1,
      ...each(1, 0, 'prometheus '),
    }),
    'Answers from outside': one('bool_yes_no', each(1, 0)),
    'Certificate valid for': one('s', 20 * 86_400),
    'Disk free': one('percentunit', 0.3),
    'Since the last heartbeat': one('s', 50),
    'Configurations loaded': one('bool_yes_no', { prometheus: 0, alertmanager: 1 }),
    'Rules that fail': one('cps', { slo: both(0.2) }),
    'Alerts sent to Alertmanager': {
      unit: 'cps',
      queries: { A: { am: both(0.6) }, B: { 'am, failed': both(0.1) } },
    },
    'Notifications delivered': {
      unit: 'cps',
      queries: { A: { webhook: both(0.4) }, B: { 'webhook, failed': both(0.3) } },
    },
  },
  'load-test': {
    'Virtual users': one('short', both(20)),
    'Requests sent': one('short', both(inRange(8)) + both(inRange(0.2, 0.2))),
    'Answers not expected': one('percentunit', inRange(0.2, 0.2) / (inRange(8) + inRange(0.2, 0.2))),
    'Checks passed': one('percentunit', 0.98),
    'Requests a second: k6 and the service': {
      unit: 'reqps',
      queries: { A: { 'sent by k6': both(8.2) }, B: { 'answered by the service': both(6.65) } },
    },
    'Latency as k6 sees it': {
      unit: 's',
      queries: { A: { '50 %': 0.02 }, B: { '95 %': 0.1 }, C: { '99 %': 0.4 } },
    },
    'Latency as the service sees it': { unit: 's', queries: latency },
    'Slowest requests': one('s', { list: 0.16, 'log in': 0.4 }),
    Iterations: { unit: 'ops', queries: { A: { finished: both(2) }, B: { dropped: both(0.5) } } },
    Bytes: { unit: 'Bps', queries: { A: { received: both(5000) }, B: { sent: both(1000) } } },
  },
};
