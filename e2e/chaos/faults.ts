/** The faults that chaos injects into a stack: those of the drills, and some that no alert is about. */
import pg from 'pg';
import { type AlertPattern, type Drill, nameOf } from '../drills/drill.ts';
import { drills } from '../drills/drills.ts';
import type { SystemUnderTest } from '../drills/system.ts';
import { restarting } from '../drills/table/process.ts';

export interface ChaosFault {
  readonly name: string;
  /** The fault as a sentence for people. */
  readonly fault: string;
  /** Seconds from its cause to its undoing: chance decides between them. */
  readonly lasts: readonly [min: number, max: number];
  /** The only alerts that may fire from its cause until all is well again. */
  readonly allows: readonly AlertPattern[];
  /** Components without which it is skipped by name. */
  readonly uses: readonly string[];
  /** The fault makes requests slow: then slow answers explain no other alert. */
  readonly slowsRequests: boolean;
  /** Breaks something. What `recovery` is given undoes it, the last first. */
  readonly injectFault: (system: SystemUnderTest, recovery: AsyncDisposableStack) => Promise<void>;
}

function drillOf(name: string): Drill {
  const drill = drills.find((one) => nameOf(one) === name);
  if (drill === undefined) throw new Error(`There is no drill ${name} that chaos could take its fault from.`);
  return drill;
}

const alertsOf = ({ alert, labels, alongside = [] }: Drill): readonly AlertPattern[] => [
  { alert, ...labels },
  ...alongside,
];

/** Long enough for most alerts, short enough for several faults in minutes. */
const someSeconds = [4, 12] as const;

const ofDrill = (name: string, drillName: string): ChaosFault => {
  const drill = drillOf(drillName);
  return {
    name,
    fault: drill.fault,
    lasts: someSeconds,
    allows: alertsOf(drill),
    uses: drill.uses ?? [],
    slowsRequests: drill.slowsRequests ?? false,
    injectFault: drill.injectFault,
  };
};

const withoutDatabase = alertsOf(drillOf('DatabaseUnreachable/stopped'));
const withoutElasticsearch = alertsOf(drillOf('ElasticsearchDown'));
/** Restarts of different faults add up. */
const apiRestarts: readonly AlertPattern[] = [...restarting, { alert: 'RestartingRepeatedly' }];
const logs = ['elasticsearch', 'log-shipper'];

const plain = { lasts: someSeconds, uses: [], slowsRequests: false } as const;
/** A fault that is over as soon as it is injected. */
const once = { ...plain, lasts: [0, 3] } as const;

/** Sends a signal to a process and waits until another one is ready in its place. */
const killed =
  (component: string, signal: NodeJS.Signals): ChaosFault['injectFault'] =>
  async (system) => {
    system.send(component, signal);
    await system.until(() => system.has(component) !== undefined, 10, `${component} did not end`);
  };

/** Stops a process in the middle of whatever it does, and lets it go on. */
const paused =
  (component: string): ChaosFault['injectFault'] =>
  (system, recovery) => {
    recovery.defer(() => system.send(component, 'SIGCONT'));
    system.send(component, 'SIGSTOP');
    return Promise.resolve();
  };

const restarted =
  (component: string): ChaosFault['injectFault'] =>
  (system) =>
    system.restart(component);

/** Ends every connection of the service from inside the database, as an administrator or a failover does. */
async function endSessions({ databaseUrl }: SystemUnderTest): Promise<void> {
  const connection = new pg.Client({ connectionString: databaseUrl, application_name: 'chaos' });
  await connection.connect();
  try {
    await connection.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'todo-api'`,
    );
  } finally {
    await connection.end();
  }
}

export const faults: readonly ChaosFault[] = [
  {
    ...once,
    name: 'api-killed',
    fault: 'The API is killed by SIGKILL',
    allows: apiRestarts,
    injectFault: killed('api', 'SIGKILL'),
  },
  {
    ...once,
    name: 'api-restarted',
    fault: 'The API is restarted by SIGTERM',
    allows: apiRestarts,
    injectFault: restarted('api'),
  },
  {
    ...plain,
    name: 'api-paused',
    fault: 'The process of the API stands still',
    // Everything that it waited for seems slow to it afterwards.
    allows: [
      ...restarting,
      { alert: 'EventLoopLag' },
      { alert: 'SlowQueries' },
      { alert: 'StatementsQueueing' },
      { alert: 'DatabaseUnreachable' },
    ],
    slowsRequests: true,
    injectFault: paused('api'),
  },
  ofDrill('api-busy', 'EventLoopLag'),
  ofDrill('postgresql-stopped', 'DatabaseUnreachable/stopped'),
  ofDrill('postgresql-cut', 'DatabaseUnreachable/cut'),
  ofDrill('postgresql-silent', 'DatabaseUnreachable/paused'),
  ofDrill('postgresql-slow', 'SlowQueries'),
  ofDrill('todos-locked', 'StatementsQueueing'),
  {
    ...once,
    name: 'postgresql-crashed',
    fault: 'PostgreSQL ends at once and has to recover from its log',
    allows: withoutDatabase,
    injectFault: killed('postgresql', 'SIGQUIT'),
  },
  {
    ...once,
    name: 'sessions-ended',
    fault: 'Every connection of the API is ended by PostgreSQL',
    allows: withoutDatabase,
    injectFault: endSessions,
  },
  ofDrill('elasticsearch-stopped', 'ElasticsearchDown'),
  ofDrill('elasticsearch-cut', 'LogPipelineStalled'),
  ofDrill('elasticsearch-silent', 'LogPipelineLagging'),
  {
    ...once,
    name: 'shipper-killed',
    fault: 'The log shipper is killed by SIGKILL',
    allows: [...withoutElasticsearch, { alert: 'TargetDown', job: 'log-shipper' }],
    uses: logs,
    injectFault: killed('log-shipper', 'SIGKILL'),
  },
  {
    ...plain,
    name: 'shipper-paused',
    fault: 'The process of the log shipper stands still',
    allows: [...withoutElasticsearch, { alert: 'TargetDown', job: 'log-shipper' }],
    uses: logs,
    injectFault: paused('log-shipper'),
  },
  {
    ...once,
    name: 'prometheus-restarted',
    fault: 'Prometheus is restarted with the healthy past of the drills',
    allows: [],
    injectFault: restarted('prometheus'),
  },
  {
    ...once,
    name: 'alertmanager-restarted',
    fault: 'Alertmanager is restarted and has forgotten everything',
    allows: [{ alert: 'TargetDown', job: 'alertmanager' }, { alert: 'PrometheusNotSendingAlerts' }],
    injectFault: restarted('alertmanager'),
  },
];
