/** Known traffic: what k6 sent, and what the API counted and logged of it. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadSummary } from '@sightline/loadtest/k6/summary.ts';
import { runLoad } from '@sightline/loadtest/run.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { scrapeAll } from '@sightline/testkit/prometheus.ts';
import type { LoggedRequest } from './access-log.ts';
import type { Proof } from './check.ts';
import { countsOfLoad, countsOfMetrics, type Samples } from './counts.ts';
import { nextScrape } from './stored.ts';

export interface Traffic {
  readonly summary: LoadSummary;
  /** In milliseconds since 1970, as `endedAt`. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The API's metrics before and after. */
  readonly before: Samples;
  readonly after: Samples;
  /** The access lines that the API logged meanwhile, where its log is here. */
  readonly logged: readonly LoggedRequest[] | undefined;
  /** From a scrape of Prometheus before it to one after it; undefined without Prometheus. */
  readonly window: ScrapeWindow | undefined;
  /** All that was logged in the window, probes and all. */
  readonly inWindow: readonly LoggedRequest[] | undefined;
}

/** The time between two scrapes of one instance, in milliseconds since 1970. */
export interface ScrapeWindow {
  readonly instance: string;
  readonly from: number;
  readonly to: number;
}

/** Journeys a second that send fewer log-ins in a minute than RATE_LIMIT_SESSIONS allows one address. */
const fromOneAddress = 2;

/** An answer is counted a moment after the client has it. */
const settleMs = 30_000;

/**
 * Drives traffic for so many seconds, at the profile's own rate unless another is given (journeys a second), with a scrape of ours and, where there is a Prometheus, of its before and after.
 * @throws CheckFailed when k6 could not run to its end
 */
export async function driveTraffic(
  { stack, signal, say }: Pick<Proof, 'stack' | 'signal' | 'say'>,
  { seconds, rate }: { readonly seconds: number; readonly rate?: number },
): Promise<Traffic> {
  const { apiUrl, clientsUrl, metricsUrls, prometheusUrl, local, directory } = stack;
  const isScraped = metricsUrls.length > 0 && prometheusUrl !== undefined;
  const logStart = local?.log.end() ?? 0;
  say('waits for Prometheus to have scraped');
  const from = isScraped ? await nextScrape(stack, signal) : undefined;
  const snapshot = () => scrapeAll(metricsUrls);
  const before = await snapshot();
  const logEnd = local?.log.end() ?? 0;
  const startedAt = Date.now();
  say(`k6 makes journeys for ${seconds} s`);
  const { code, summary, output } = await runLoad({
    profile: 'smoke',
    target: clientsUrl ?? apiUrl,
    ...(clientsUrl === undefined ? { rate: fromOneAddress } : { ownAddresses: true }),
    directory: join(directory, 'load'),
    testId: `verify-${new Date(startedAt).toISOString().slice(0, 19)}Z`,
    seconds,
    rate,
    // A platform's Prometheus takes none unless it is told to.
    prometheusUrl: stack.platformNamespace === undefined ? prometheusUrl : undefined,
    signal,
    say,
  });
  signal.throwIfAborted();
  if (summary === undefined)
    throw new CheckFailed([`k6 ended with ${code} before it summed up:\n${output.trim()}`]);
  const sent = sum(countsOfLoad(summary));
  let after = await snapshot();
  const deadline = Date.now() + settleMs;
  while (metricsUrls.length > 0 && sum(countsOfMetrics(before, after)) < sent && Date.now() < deadline) {
    await pause(50);
    after = await snapshot();
  }
  const logged = local?.log.requestsSince(logEnd);
  say('waits for Prometheus to have scraped');
  const to = from && (await nextScrape(stack, signal));
  const window = from && to && { instance: from.instance, from: from.at, to: to.at };
  const inWindow =
    local &&
    window &&
    local.log.requestsSince(logStart).filter(({ at }) => at > window.from && at <= window.to);
  return { summary, startedAt, endedAt: Date.now(), before, after, logged, window, inWindow };
}

const sum = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((total, count) => total + count, 0);

/** Sentences about answers that journeys did not expect. */
export function surprisesOf({ summary }: Traffic): string[] {
  const counted = summary.counts.reduce((sum, { count }) => sum + count, 0);
  return [
    ...summary.checks
      .filter(({ fails }) => fails > 0)
      .map(
        ({ name, passes, fails }) => `k6: "${name}" was not so for ${fails} of ${passes + fails} requests.`,
      ),
    ...(counted === summary.requests
      ? []
      : [
          `k6 sent ${summary.requests} requests, and ${summary.requests - counted} of them got a status that the OpenAPI document doesn't have.`,
        ]),
  ];
}
