/** The database gone, slow, or busy with something else. */
import pg from 'pg';
import type { AlertPattern, Drill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';
import { anySloBurn } from './known.ts';

/** Alerts that follow when nobody reaches the database. */
const withoutDatabase: readonly AlertPattern[] = [
  ...anySloBurn,
  { alert: 'MaintenanceStale' },
  { alert: 'StatementsQueueing' },
  { alert: 'SlowQueries' },
];

/** A connection beside the service's own; it ends with the recovery. */
async function connect({ databaseUrl }: SystemUnderTest, recovery: AsyncDisposableStack): Promise<pg.Client> {
  const connection = new pg.Client({ connectionString: databaseUrl, application_name: 'drill' });
  // It may be ended from the other side, which is no news.
  connection.on('error', () => {});
  await connection.connect();
  recovery.defer(() => connection.end());
  return connection;
}

const unreachable = { alert: 'DatabaseUnreachable', labels: { job: 'todo-api' }, value: [0, 0] } as const;

export const databaseDrills: readonly Drill[] = [
  {
    ...unreachable,
    variant: 'stopped',
    fault: 'PostgreSQL is stopped',
    within: 12,
    alongside: withoutDatabase,
    traffic: { reads: 10 },
    quick: true,
    async injectFault(system, recovery) {
      await system.takeAway('postgresql', recovery);
    },
  },
  {
    ...unreachable,
    variant: 'paused',
    fault: 'PostgreSQL takes connections and answers nothing',
    within: 20,
    alongside: withoutDatabase,
    injectFault: async (system, recovery) => {
      const way = system.way('postgresql', recovery);
      await way.swallow();
    },
  },
  {
    ...unreachable,
    variant: 'cut',
    fault: 'The connection to PostgreSQL is cut',
    within: 12,
    alongside: withoutDatabase,
    async injectFault(system, recovery) {
      const way = system.way('postgresql', recovery);
      await way.cut();
    },
  },
  {
    alert: 'StatementsQueueing',
    labels: { job: 'todo-api' },
    fault: 'A lock on the todos holds every connection',
    within: 30,
    value: [0.1, 10],
    // Statements wait for the lock until they are cancelled, and the look at the database waits behind them.
    alongside: [...anySloBurn, { alert: 'SlowQueries' }, { alert: 'DatabaseUnreachable' }],
    traffic: { reads: 10, batches: 5 },
    async injectFault(system, recovery) {
      const connection = await connect(system, recovery);
      recovery.defer(async () => void (await connection.query('rollback')));
      await connection.query('begin');
      await connection.query('lock table todos in access exclusive mode');
    },
  },
  {
    alert: 'SlowQueries',
    labels: { job: 'todo-api' },
    fault: 'Every answer of PostgreSQL comes 150 ms late',
    within: 35,
    value: [0.1, 1],
    alongside: [...anySloBurn, { alert: 'StatementsQueueing' }],
    traffic: { reads: 20 },
    async injectFault(system, recovery) {
      const way = system.way('postgresql', recovery);
      await way.delay(150);
    },
  },
  {
    alert: 'MaintenanceStale',
    labels: { job: 'todo-api' },
    fault: 'A hung session holds the lock of the background jobs',
    within: 30,
    value: [15, 120],
    async injectFault(system, recovery) {
      const connection = await connect(system, recovery);
      await connection.query('select pg_advisory_lock($1)', [maintenanceLock]);
    },
  },
];

/** The advisory lock of app/src/maintenance/maintenance.ts. */
const maintenanceLock = 7_246_518_004;
