import type { Metrics } from '@sightline/telemetry/metrics.ts';
import type { Knex } from 'knex';
import { named } from '../database/statements.ts';
import { guarded } from '../telemetry/guarded.ts';
import type { Log } from '../telemetry/log.ts';
import type { Job } from './jobs.ts';

/** Any number, the same in each process: whoever holds this advisory lock does the work. */
const advisoryLock = 7_246_518_004;

/** Rows a step may remove: some 10 ms of work. */
const stepRows = 1000;

/** Milliseconds after the start at most until the first round: whether maintenance works should show soon. */
const firstRoundMs = 5000;

/** Milliseconds that a job may take of a round; what is left then waits for the next one. */
const jobMs = 2000;

export interface Maintenance {
  /** Starts nothing more; resolves when the step in hand is over. */
  stop(): Promise<void>;
}

interface Options {
  /** Milliseconds from the end of a round to the beginning of the next. */
  readonly intervalMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly rows?: number;
}

/**
 * One step of a job, in a transaction that holds the lock, so that PostgreSQL frees it whatever becomes of us.
 * @returns rows removed, or `undefined` when another instance is at work
 */
function step(knex: Knex, job: Job, rows: number): Promise<number | undefined> {
  return knex.transaction(async (transaction) => {
    const lock = await named('maintenance.lock', () =>
      transaction.raw<{ rows: { held: boolean }[] }>('select pg_try_advisory_xact_lock(?) as held', [
        advisoryLock,
      ]),
    );
    return lock.rows[0]?.held ? job.run(transaction, rows) : undefined;
  });
}

/** Does the jobs at each interval, first soon after the start. An error is logged when it is news, and the round given up. */
export function startMaintenance(
  knex: Knex,
  jobs: readonly Job[],
  { intervalMs, log, metrics, rows = stepRows }: Options,
): Maintenance {
  let stopped = false;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();

  /** @returns whether it was ours to do: another instance that has the lock may be at work, or hang. */
  async function work(job: Job): Promise<boolean> {
    const end = performance.now() + jobMs;
    let removed = 0;
    let last: number | undefined;
    do {
      last = await step(knex, job, rows);
      removed += last ?? 0;
    } while (last === rows && !stopped && performance.now() < end);
    if (removed > 0) {
      metrics.count('maintenance_removed_rows_total', { job_name: job.name }, removed);
      log.write('maintenance-done', { 'labels.job_name': job.name, 'labels.rows': removed });
    }
    return last !== undefined;
  }

  async function workAll(): Promise<void> {
    try {
      let allOurs = true;
      for (const job of jobs) if (!stopped) allOurs = (await work(job)) && allOurs;
      if (allOurs) metrics.set('maintenance_last_success_timestamp_seconds', {}, Date.now() / 1000);
      if (failing) log.write('maintenance-recovered');
      failing = false;
    } catch (error) {
      if (!failing) log.writeError('maintenance-failed', error);
      failing = true;
    } finally {
      schedule(intervalMs);
    }
  }

  const begin = guarded(log, 'maintenance', () => {
    const working = workAll();
    // Whoever stops waits for the end of it, good or bad.
    round = working.catch(() => {});
    return working;
  });

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(begin, delayMs);
  }

  schedule(Math.min(intervalMs, firstRoundMs));
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      return round;
    },
  };
}
