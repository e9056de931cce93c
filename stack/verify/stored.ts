/** Whether Prometheus has what the API counted. */
import { parseSeries } from '../../app/test/support/signal-check.ts';
import { waitFor } from '../native/readiness.ts';
import type { Samples } from './counts.ts';
import type { Prometheus, Series } from './prometheus.ts';

/** Several times the scrape interval, and a slow machine's while, in seconds. */
export const scrapedSeconds = 60;

export const requestsTotal = 'http_requests_total';

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
export async function whenStored(
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
