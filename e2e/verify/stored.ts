/** Whether Prometheus has what the API counted. */

import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { type Prometheus, prometheusAt, type Series, scrape } from '@sightline/testkit/prometheus.ts';
import { parseSeries } from '@sightline/testkit/signal-check.ts';
import type { Samples } from './counts.ts';
import type { Stack } from './stack.ts';

/** Several times the scrape interval, and a slow machine's while, in seconds. */
const scrapedSeconds = 300;

const requestsTotal = 'http_requests_total';

/** The counters of one instance as Prometheus has them. */
function asSamples(series: readonly Series[], instance: string): Samples {
  return new Map(
    series
      .filter(({ labels }) => labels['instance'] === instance)
      .map(({ labels: { method, route, status }, samples }) => [
        `${method} ${route} ${status}`,
        samples[0]?.value ?? Number.NaN,
      ]),
  );
}

/** Whether it has every counter of the API's routes at the value of a scrape. Probes go on counting. */
function equals(stored: Samples, scraped: Samples): boolean {
  const routes = [...scraped].flatMap(([series, value]) => {
    const { name, labels } = parseSeries(series);
    const { method, route = '', status } = labels;
    return name === requestsTotal && !route.startsWith('/health/')
      ? [[`${method} ${route} ${status}`, value] as const]
      : [];
  });
  return routes.length > 0 && routes.every(([key, value]) => stored.get(key) === value);
}

/** Waits until Prometheus has the counters of a scrape; returns the instance, or undefined when it never has. */
async function whenStored(
  prometheus: Prometheus,
  scraped: Samples,
  signal: AbortSignal,
): Promise<string | undefined> {
  let found: string | undefined;
  const isStored = async () => {
    const series = await prometheus.instant(requestsTotal, Date.now());
    const instances = new Set(series.map(({ labels }) => labels['instance'] ?? ''));
    found = [...instances].find((instance) => equals(asSamples(series, instance), scraped));
    return found !== undefined;
  };
  await waitFor(isStored, scrapedSeconds, '', signal).catch(() => signal.throwIfAborted());
  return found;
}

/** When Prometheus next had scraped every instance of the API, and the last one's name. Throws CheckFailed when it never has. */
export async function nextScrape(
  stack: Stack,
  signal: AbortSignal,
): Promise<{ instance: string; at: number }> {
  const scrapes = await Promise.all(
    stack.metricsUrls.map((metricsUrl) => nextScrapeOf(metricsUrl, stack.prometheusUrl ?? '', signal)),
  );
  return scrapes.reduce((last, next) => (next.at > last.at ? next : last));
}

async function nextScrapeOf(
  metricsUrl: string,
  prometheusUrl: string,
  signal: AbortSignal,
): Promise<{ instance: string; at: number }> {
  const prometheus = prometheusAt(prometheusUrl);
  const begin = Date.now();
  const scraped = await scrape(metricsUrl);
  const instance = await whenStored(prometheus, scraped, signal);
  if (instance === undefined)
    throw new CheckFailed([
      `Prometheus at ${prometheusUrl} has to have ${requestsTotal} as ${metricsUrl}/metrics has it, and did not within ` +
        `${scrapedSeconds} s. Does it scrape this API, and is nobody else using it?`,
    ]);
  let at = 0;
  const isNext = async () => {
    const [up] = await prometheus.instant(`timestamp(up{instance=${JSON.stringify(instance)}})`, Date.now());
    at = Math.round((up?.samples[0]?.value ?? 0) * 1000);
    return at > begin;
  };
  await waitFor(isNext, scrapedSeconds, `Prometheus did not scrape ${instance}`, signal);
  return { instance, at };
}
