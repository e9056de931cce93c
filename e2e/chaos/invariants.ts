/**
 * The invariants that hold again after any fault, once the stack is whole. One table: each is checked after
 * every fault.
 */

import { connect, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { faultsOf, Sequences } from '@sightline/logging/search/sequences.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { portOf } from '@sightline/stack/native/settings.ts';
import { prometheusAt, scrape } from '@sightline/testkit/prometheus.ts';
import pg from 'pg';
import { strangerProblems } from '../drills/run-drill.ts';
import type { SystemUnderTest } from '../drills/system.ts';
import type { SeenAlert, Watch } from '../drills/watch.ts';
import { faultsOfLines, idsIn } from '../outage/logged-once.ts';
import { seriesBudget } from '../verify/checks/metrics.ts';
import type { ChaosFault } from './faults.ts';
import { compareLedger, isAcknowledged, readLedger, stuckRequests } from './ledger.ts';

/** The stack and the load that invariants look at. */
export interface Scene {
  readonly system: SystemUnderTest;
  /** Where k6 writes down what it wrote. */
  readonly ledger: string;
  /** Whether the stack has Elasticsearch and the log shipper. */
  readonly hasLogs: boolean;
}

/** A fault that is over. */
export interface Aftermath extends Scene {
  readonly fault: ChaosFault;
  /** When it was caused, in milliseconds since 1970. */
  readonly since: number;
  /** Everything that fired since then. */
  readonly watch: Watch;
  /** Whether an alert that the fault doesn't explain is true all the same, on a machine that is too busy. */
  readonly isTrue: (alert: SeenAlert) => boolean;
}

/** Sentences about what does not hold. */
type Invariant<Place> = Readonly<Record<string, (place: Place) => Promise<readonly string[]>>>;

/** The service answers 503 after 10 s; a process that stands still holds its answers back for as long as it does. */
const answerSeconds = 25;
const idleSeconds = 20;
const scrapeSeconds = 30;
const shippedSeconds = 120;
/** Longer than any statement or transaction of the service may last. */
const transactionSeconds = 15;

/** How many examples a person reads. */
const shown = 5;
const some = (faults: readonly string[]): readonly string[] =>
  faults.length <= shown ? faults : [...faults.slice(0, shown), `… and ${faults.length - shown} more.`];

/** Sentences about sessions of the service that PostgreSQL still has, though their work is over. */
async function strandedSessions(
  { databaseUrl, slowdown }: SystemUnderTest,
  max: number,
): Promise<readonly string[]> {
  const database = new pg.Client({ connectionString: databaseUrl, application_name: 'chaos' });
  await database.connect();
  try {
    const { rows } = await database.query<{ state: string; seconds: number; query: string }>(
      `select state, extract(epoch from now() - xact_start)::float as seconds, left(query, 60) as query
       from pg_stat_activity where application_name = 'todo-api' and pid <> pg_backend_pid()`,
    );
    const old = rows.filter(
      ({ state, seconds }) => state !== 'idle' && seconds > transactionSeconds * slowdown,
    );
    return [
      ...old.map(
        ({ state, seconds, query }) =>
          `A session is ${state} in a transaction for ${Math.round(seconds)} s: ${query}`,
      ),
      ...(rows.length > max
        ? [`PostgreSQL has ${rows.length} sessions of the API; its pool is ${max}.`]
        : []),
    ];
  } finally {
    await database.end();
  }
}

/** Waits until nothing is under way for a moment. */
async function idle({ system }: Scene): Promise<readonly string[]> {
  const underWay = ['http_requests_in_flight', 'db_statements_in_flight', 'db_connections{state="in_use"}'];
  let busy: readonly string[] = [];
  let max = 0;
  const rested = await system.comes(async () => {
    const samples = await scrape(system.addresses.METRICS_URL);
    max = samples.get('db_connections_max') ?? 0;
    busy = underWay.flatMap((name) => {
      const value = samples.get(name);
      return value === 0 ? [] : [`${name} is ${value ?? 'missing'} and does not come back to 0.`];
    });
    return busy.length === 0 || undefined;
  }, idleSeconds);
  return rested === undefined ? busy : strandedSessions(system, max);
}

/** Invariants of each scene, while the load goes on and after it. */
export const always: Invariant<Scene> = {
  'no write is lost or doubled': async ({ system, ledger }) =>
    some((await compareLedger(ledger, system.databaseUrl)).faults),

  'no request is stuck': ({ system, ledger }) =>
    Promise.resolve(some(stuckRequests(readLedger(ledger), answerSeconds * system.slowdown, Date.now()))),

  'nothing is left under way': idle,

  'every target is scraped': async ({ system }) => {
    let down: readonly string[] = ['Prometheus has no target.'];
    await system.comes(async () => {
      const targets = await prometheusAt(system.addresses.PROMETHEUS_URL).targets();
      down = targets
        .filter(({ health }) => health !== 'up')
        .map(({ job, lastError }) => `The target ${job} is down: ${lastError}`);
      return (targets.length > 0 && down.length === 0) || undefined;
    }, scrapeSeconds);
    return down;
  },

  'series stay within their budget': async ({ system }) => {
    const { size } = await scrape(system.addresses.METRICS_URL);
    return size < seriesBudget
      ? []
      : [`/metrics has ${size} series; there have to be fewer than ${seriesBudget}.`];
  },

  // Of Elasticsearch when all is shipped: see `atTheEnd`.
  'the log file has no gap': ({ system: { settings } }) => {
    const sequences = new Sequences();
    for (const id of idsIn(logFiles(settings.stackDirectory))) sequences.add(id);
    return Promise.resolve(some(faultsOf(sequences.boots(0), 'the log file')));
  },
};

/** Invariants after each fault, when it is over and no alert fires any more. */
export const afterEach: Invariant<Aftermath> = {
  ...always,

  'writes go on': ({ ledger, since }) => {
    const acknowledged = readLedger(ledger).flatMap(({ answers }) =>
      answers.filter((answer) => answer.at > since && isAcknowledged(answer)),
    );
    return Promise.resolve(
      acknowledged.length > 0
        ? []
        : ['No write was acknowledged since the fault: there is nothing to look at.'],
    );
  },

  'alerts are as declared': ({ watch, fault, isTrue }) =>
    Promise.resolve(some(strangerProblems(watch, fault.allows, isTrue))),
};

/** Invariants of the whole run, when the load has ended. */
export const atTheEnd: Invariant<Scene> = {
  ...always,

  'Elasticsearch has every line once': async ({ system, hasLogs }) => {
    if (!hasLogs) return [];
    const written = idsIn(logFiles(system.settings.stackDirectory));
    const shipper = `http://127.0.0.1:${portOf(system.settings, 'LOG_SHIPPER_PORT')}`;
    const isShipped = async () => (await scrape(shipper)).get('log_shipper_lag_bytes') === 0 || undefined;
    if ((await system.comes(isShipped, shippedSeconds)) === undefined)
      return [`The shipper had not shipped all within ${shippedSeconds} s.`];
    const connection = connect({ ELASTICSEARCH_URL: system.addresses.ELASTICSEARCH_URL });
    try {
      await connection.client.indices.refresh({ index: dataStream });
      return some(await faultsOfLines(connection, written));
    } finally {
      await connection.client.close();
    }
  },
};

/** Oldest first: a long log is put aside when its process starts. */
const logFiles = (stackDirectory: string) =>
  ['api', 'migrate', 'seed'].map(pathsIn(stackDirectory).log).flatMap((file) => [`${file}.1`, file]);

/** Asks a table of invariants. @returns sentences about those that do not hold, each under its name */
export async function askAll<Place>(
  invariants: Invariant<Place>,
  place: Place,
  system: SystemUnderTest,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const [name, ask] of Object.entries(invariants)) {
    const found = await ask(place).catch((error: unknown) => {
      system.signal.throwIfAborted();
      return [error instanceof Error ? error.message : String(error)];
    });
    problems.push(...found.map((problem) => `not so: ${name}. ${problem}`));
  }
  return problems;
}
