/** Which alerts fire while something goes on, and whether they tell of what happened. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Slo } from '@sightline/contract/signal.ts';
import { slos } from '@sightline/contract/signals.ts';
import { type Alert, prometheusAt } from '@sightline/testkit/prometheus.ts';
import type { Contention } from './contention.ts';
import { type LoggedRequest, logOfFile } from './verify/access-log.ts';

export interface FiredAlert extends Alert {
  /** How many times as long as on an idle machine the slowest tenth of anything took when it fired last. */
  readonly slowdown: number;
}

export interface AlertWatch {
  /** Each alert that fired, once, but for Watchdog. Throws when Prometheus did not answer, or Watchdog did not fire. */
  stop(): Promise<readonly FiredAlert[]>;
}

/** Milliseconds between two looks: less than any alert of the drill rules fires for. */
const lookMs = 500;
const answerMs = 60_000;

/** Notes what fires from now on. */
export function watchAlerts(prometheusUrl: string, contention: Contention): AlertWatch {
  const fired = new Map<string, FiredAlert>();
  const end = new AbortController();
  let watched = false;

  async function look(): Promise<void> {
    for (const alert of (await prometheusAt(prometheusUrl, {}, answerMs).alerts()).filter(
      ({ state }) => state === 'firing',
    )) {
      if (alert.labels['alertname'] === 'Watchdog') watched = true;
      else fired.set(JSON.stringify(alert.labels), { ...alert, slowdown: contention.worstSlowdown() });
    }
  }

  const looking = (async () => {
    while (!end.signal.aborted) {
      await look();
      await delay(lookMs, undefined, { signal: end.signal }).catch(() => {});
    }
  })();
  // Whoever stops it hears of it.
  looking.catch(() => {});
  return {
    async stop() {
      end.abort();
      await looking;
      await look();
      if (!watched) throw new Error('Watchdog did not fire: no rule was evaluated.');
      return [...fired.values()];
    },
  };
}

/**
 * Alerts about something that did not come in time, be it a scrape: what is late on a machine that has no CPU to give
 * is late for that. Whatever is counted is not among them.
 */
export const timed: readonly string[] = [
  'AlertmanagerNotDelivering',
  'DatabaseUnreachable',
  'ElasticsearchDown',
  'EventLoopLag',
  'LogPipelineLagging',
  'LogPipelineStalled',
  'MaintenanceStale',
  'ProbeFailing',
  'PrometheusNotSendingAlerts',
  'SLOErrorBudgetBurn',
  'SlowQueries',
  'StatementsQueueing',
  'TargetDown',
  'TraceExportFailing',
];
/** Between what the slowest tenth of looks took on two idle cores (1.2) and beside four busy loops and tests (2.1). */
const busyFrom = 2;

/** Whether an alert tells of a machine that is busy with something else. */
export const tellsOfBusyMachine = ({
  labels,
  slowdown = 1,
}: Pick<Alert, 'labels'> & { slowdown?: number }): boolean =>
  slowdown >= busyFrom && timed.includes(labels['alertname'] ?? '');

/** Alerts about a wait of 100 ms, of which whoever is answered waits as long: the log shows it too. */
const waits: readonly (string | undefined)[] = ['EventLoopLag', 'StatementsQueueing', 'SlowQueries'];

/**
 * Says of each alert what it was, and returns those that tell of nothing that happened. One about latency is believed
 * when the service's log has the slow answers that it tells of; any other about time when the machine was busy with
 * something else.
 * @param logs the log files of the API
 */
export function falseAlarms(fired: readonly FiredAlert[], logs: readonly string[]): readonly Alert[] {
  const requests = logs.flatMap((log) => logOfFile(log).requestsSince(0));
  return fired.filter((alert) => {
    const because = tellsOfSlowAnswers(alert, requests)
      ? 'true, the log has it'
      : tellsOfBusyMachine(alert)
        ? `true, a tenth of everything took ${alert.slowdown.toFixed(1)} times as long`
        : undefined;
    const { alertname, severity, slo = '' } = alert.labels;
    console.error(
      `${alertname} (${severity}) ${slo} fired: ${because ?? 'FALSE'}. ${alert.annotations['description'] ?? ''}`,
    );
    return because === undefined;
  });
}

const minBadEventsOf = (slo: string) => (slos as Readonly<Record<string, Slo>>)[slo]?.minBadEvents;

/** Whether an alert about slowness tells of requests that the API logged. */
export function tellsOfSlowAnswers(
  { labels }: Pick<Alert, 'labels'>,
  requests: readonly LoggedRequest[],
): boolean {
  const slo = waits.includes(labels['alertname']) ? 'latency-100ms' : (labels['slo'] ?? '');
  const minBadEvents = minBadEventsOf(slo);
  return (
    slo.startsWith('latency-') && minBadEvents !== undefined && slowAnswers(slo, requests) >= minBadEvents
  );
}

/**
 * Whether an alert about an SLO tells of bad answers that the API logged before something happened, whose windows are
 * not over: since then there were fewer than it takes.
 */
export function tellsOfEarlierAnswers(
  { labels }: Pick<Alert, 'labels'>,
  before: readonly LoggedRequest[],
  since: readonly LoggedRequest[],
): boolean {
  const { slo = '' } = labels;
  const minBadEvents = minBadEventsOf(slo);
  if (minBadEvents === undefined) return false;
  const later = badAnswers(slo, since);
  return later < minBadEvents && later + badAnswers(slo, before) >= minBadEvents;
}

/** How many answers are none that an SLO calls good: each 5xx is not, however fast it was. */
const badAnswers = (slo: string, requests: readonly LoggedRequest[]): number =>
  requests.filter((request) => request.status >= 500 || slowAnswers(slo, [request]) > 0).length;

/** How many answers took longer than the threshold of an SLO, which is the number in its name. */
function slowAnswers(slo: string, requests: readonly LoggedRequest[]): number {
  const [, value, unit] = /-(\d+)(ms|s)$/.exec(slo) ?? [];
  const thresholdMs = Number(value) * (unit === 's' ? 1000 : 1);
  return requests.filter(({ seconds }) => seconds * 1000 > thresholdMs).length;
}
