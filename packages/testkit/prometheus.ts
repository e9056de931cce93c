/** The HTTP API of Prometheus, as far as it is asked here. Times are in milliseconds since 1970. */
import { samplesOf } from './emitted.ts';
import { numberOf, type Queries, type Result, seriesOf } from './prometheus-answer.ts';

export type { Sample, Series } from './prometheus-answer.ts';

export interface Target {
  readonly job: string;
  readonly instance: string;
  /** In Kubernetes. */
  readonly namespace?: string | undefined;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
  readonly scrapeUrl: string;
  /** A duration as Prometheus writes it, `5s`. */
  readonly scrapeInterval: string;
  /** In milliseconds since 1970; 0 before the first time. */
  readonly scrapedAt: number;
}

export interface RuleGroup {
  readonly name: string;
  /** In milliseconds since 1970; 0 before the first time. */
  readonly evaluatedAt: number;
  readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
}

/** One that is pending or fires. */
export interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends Queries {
  readonly url: string;
  targets(): Promise<readonly Target[]>;
  ruleGroups(): Promise<readonly RuleGroup[]>;
  alerts(): Promise<readonly Alert[]>;
}

const timeoutMs = 30_000;

/** Go's zero time is in the year 1. */
const timeOf = (text: string) => Math.max(0, Date.parse(text));

/** Fetches JSON. Throws a sentence with the address when nobody answers. */
export async function fetchText(
  url: string,
  init: RequestInit = {},
  answerMs = timeoutMs,
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(answerMs) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const { origin } = new URL(url);
    throw new Error(
      `${origin} does not answer: ${reason instanceof Error ? reason.message : String(reason)}`,
    );
  }
}

/** The samples of a scrape, by series. Throws a sentence when it can't be had. */
export async function scrape(metricsUrl: string): Promise<ReadonlyMap<string, number>> {
  const { status, text } = await fetchText(`${metricsUrl}/metrics`);
  if (status !== 200) throw new Error(`${metricsUrl}/metrics answers ${status} instead of metrics.`);
  return samplesOf(text);
}

/** The samples of all instances together: counters and gauges are summed. Throws a sentence when one can't be had. */
export async function scrapeAll(metricsUrls: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const sum = new Map<string, number>();
  for (const samples of await Promise.all(metricsUrls.map(scrape)))
    for (const [series, value] of samples) sum.set(series, (sum.get(series) ?? 0) + value);
  return sum;
}

/**
 * @param headers sent with each request, where somebody asks who one is
 * @param answerMs until an answer is given up, in milliseconds
 */
export function prometheusAt(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  answerMs = timeoutMs,
): Prometheus {
  async function ask<Data>(path: string, parameters: readonly (readonly [string, string])[]): Promise<Data> {
    const body = new URLSearchParams(parameters.map(([name, value]) => [name, value]));
    const isGet = !/^query/.test(path);
    const { status, text } = await fetchText(
      `${url}/api/v1/${path}${isGet && parameters.length > 0 ? `?${body}` : ''}`,
      isGet ? { headers } : { method: 'POST', body, headers },
      answerMs,
    );
    let answer: { status?: string; error?: string; data?: Data };
    try {
      answer = JSON.parse(text);
    } catch {
      throw new Error(`${url} answers ${status} and no JSON: is it a Prometheus?`);
    }
    if (answer.status !== 'success' || answer.data === undefined)
      throw new Error(answer.error ?? `Prometheus answers ${status}`);
    return answer.data;
  }
  const seconds = (ms: number) => String(ms / 1000);
  return {
    url,
    instant: async (expr, at) =>
      seriesOf(
        await ask<Result>('query', [
          ['query', expr],
          ['time', seconds(at)],
        ]),
      ),
    range: async (expr, from, to, stepMs) =>
      seriesOf(
        await ask<Result>('query_range', [
          ['query', expr],
          ['start', seconds(from)],
          ['end', seconds(to)],
          ['step', seconds(stepMs)],
        ]),
      ),
    labelValues: (label, selectors, from, to) =>
      ask(`label/${encodeURIComponent(label)}/values`, [
        ...selectors.map((selector) => ['match[]', selector] as const),
        ['start', seconds(from)],
        ['end', seconds(to)],
      ]),
    async ruleGroups() {
      const { groups } = await ask<{
        groups: readonly (Omit<RuleGroup, 'evaluatedAt'> & { lastEvaluation: string })[];
      }>('rules', []);
      return groups.map(({ name, lastEvaluation, rules }) => {
        return { name, rules, evaluatedAt: timeOf(lastEvaluation) };
      });
    },
    async alerts() {
      const { alerts } = await ask<{ alerts: readonly (Omit<Alert, 'value'> & { value: string })[] }>(
        'alerts',
        [],
      );
      return alerts.map((alert) => ({ ...alert, value: numberOf(alert.value) }));
    },
    async targets() {
      const { activeTargets } = await ask<{
        activeTargets: readonly (Omit<Target, 'job' | 'instance' | 'scrapedAt'> & {
          labels: Record<string, string>;
          lastScrape: string;
        })[];
      }>('targets', [['state', 'active']]);
      return activeTargets.map(({ labels, lastScrape, ...target }) => ({
        ...target,
        scrapedAt: timeOf(lastScrape),
        job: labels['job'] ?? '',
        instance: labels['instance'] ?? '',
        namespace: labels['namespace'],
      }));
    },
  };
}
