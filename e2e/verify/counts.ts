/** Counts of requests by method, route and status, from the three places that count them. */

import type { LoadSummary } from '@sightline/loadtest/k6/summary.ts';
import type { Reconciliation } from '@sightline/preview/report.ts';
import { parseSeries } from '@sightline/testkit/signal-check.ts';
import type { LoggedRequest } from './access-log.ts';

/** Counts by method, route and status: `GET /v1/todos 200`. */
export type Counts = ReadonlyMap<string, number>;

export type Samples = ReadonlyMap<string, number>;

const keyOf = ({ method, route, status }: { method: string; route: string; status: number | string }) =>
  `${method} ${route} ${status}`;

export function countsOfLoad({ counts }: Pick<LoadSummary, 'counts'>): Counts {
  return new Map(counts.map(({ count, ...series }) => [keyOf(series), count]));
}

/**
 * The growth of the API's counters between two scrapes. A counter that fell was restarted, and counts from 0.
 */
export function countsOfMetrics(before: Samples, after: Samples): Counts {
  return new Map(
    [...after].flatMap(([series, value]) => {
      const { name, labels } = parseSeries(series);
      const { method = '', route = '', status = '' } = labels;
      if (name !== 'http_requests_total') return [];
      const earlier = before.get(series) ?? 0;
      const grown = value < earlier ? value : value - earlier;
      return grown === 0 ? [] : [[keyOf({ method, route, status }), grown] as const];
    }),
  );
}

export function countsOfLog(requests: readonly LoggedRequest[]): Counts {
  const counts = new Map<string, number>();
  for (const request of requests) counts.set(keyOf(request), (counts.get(keyOf(request)) ?? 0) + 1);
  return counts;
}

/** Probes and whoever reads the documentation go on meanwhile. */
const isApi = (key: string) => / (\/v1\/|\/[.]well-known\/|unmatched )/.test(key);

/** Compares the counts of the API's routes. `logs` is undefined where there is no log to count in. */
export function reconcile(k6: Counts, metrics: Counts, logs: Counts | undefined): Reconciliation[] {
  const keys = new Set([...k6.keys(), ...metrics.keys(), ...(logs?.keys() ?? [])]);
  return [...keys]
    .filter(isApi)
    .toSorted()
    .map((what) => {
      const row = {
        what,
        k6: k6.get(what) ?? 0,
        metrics: metrics.get(what) ?? 0,
        logs: logs === undefined ? null : (logs.get(what) ?? 0),
      };
      return { ...row, ok: row.k6 === row.metrics && (row.logs === null || row.logs === row.k6) };
    });
}

/** A sentence for each count that differs, and a guess at the cause where the numbers suggest one. */
export function differences(rows: readonly Reconciliation[]): string[] {
  const wrong = rows.filter(({ ok }) => !ok);
  const sentences = wrong.map(({ what, k6, metrics, logs }) => {
    const logged = logs === null ? '' : ` and the log has ${logs}`;
    return `${what}: k6 counted ${k6}, the metrics ${metrics}${logged}; all have to be the same.`;
  });
  const othersUseIt = wrong.some(
    ({ k6, metrics, logs }) => metrics > k6 && (logs === null || logs === metrics),
  );
  if (othersUseIt)
    sentences.push(
      'More was served than k6 sent: does somebody else use this API? Verify it while it is quiet.',
    );
  return sentences;
}
