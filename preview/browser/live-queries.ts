/** Asks Prometheus through the preview's server, many queries at a time. */
import { type Queries, type Result, seriesOf } from '@sightline/testkit/prometheus-answer.ts';

const againMs = 300;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Throws the server's sentence when it refuses, or one about the server when there is no answer. */
export async function fetchJson<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  // Once more after a moment: a network that changed, or a server that starts again, is no reason for a sentence.
  const response = await fetch(path, init)
    .catch(() => pause(againMs).then(() => fetch(path, init)))
    .catch(() => {
      throw new Error("The preview's own server does not answer. Start it again: make up.");
    });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as Answer;
  throw new Error(
    (answer as { error?: string } | undefined)?.error ?? `The server answers ${response.status}.`,
  );
}

export const post = <Answer>(path: string, body: unknown): Promise<Answer> =>
  fetchJson<Answer>(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

type Query =
  | { readonly expr: string; readonly at: number }
  | { readonly expr: string; readonly from: number; readonly to: number; readonly step: number };

type Answer = { readonly data: Result } | { readonly error: string };

interface Waiting {
  readonly query: Query;
  readonly resolve: (data: Result) => void;
  readonly reject: (error: Error) => void;
}

/** So few that the first panels need not wait for the last. */
const perRequest = 16;
/** Panels that come into view together ask within this, in milliseconds. */
const gatherMs = 4;

async function send(batch: readonly Waiting[]): Promise<void> {
  try {
    const answers = await post<readonly Answer[]>('/api/queries', {
      queries: batch.map(({ query }) => query),
    });
    for (const [index, { resolve, reject }] of batch.entries()) {
      const answer = answers[index] ?? { error: 'The server left this query out.' };
      if ('data' in answer) resolve(answer.data);
      else reject(new Error(answer.error));
    }
  } catch (error) {
    for (const { reject } of batch) reject(error as Error);
  }
}

export function liveQueries(): Queries {
  let gathered: Waiting[] = [];
  const flush = () => {
    const all = gathered;
    gathered = [];
    for (let begin = 0; begin < all.length; begin += perRequest)
      void send(all.slice(begin, begin + perRequest));
  };
  const ask = (query: Query) =>
    new Promise<Result>((resolve, reject) => {
      if (gathered.length === 0) setTimeout(flush, gatherMs);
      gathered.push({ query, resolve, reject });
    });
  return {
    instant: async (expr, at) => seriesOf(await ask({ expr, at })),
    range: async (expr, from, to, stepMs) => seriesOf(await ask({ expr, from, to, step: stepMs })),
    labelValues: (label, selectors, from, to) => {
      const asked = new URLSearchParams([
        ['label', label],
        ...selectors.map((selector) => ['match', selector]),
        ['start', String(from)],
        ['end', String(to)],
      ]);
      return fetchJson(`/api/labels?${asked}`);
    },
  };
}
