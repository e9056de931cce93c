/** The time that a page shows, as addresses and dashboards write it: `now-1h`, or milliseconds since 1970. */
import { durationMs, type TimeRange } from '@sightline/testkit/grafana/time.ts';

export interface TimeWords {
  readonly from: string;
  readonly to: string;
}

/** Longer is more than Prometheus keeps. */
const longestMs = 62 * 86_400_000;

function momentOf(text: string, now: number): number {
  const [, ago] = /^now(?:-(\w+))?$/.exec(text) ?? [];
  if (text.startsWith('now')) return now - (ago === undefined ? 0 : durationMs(ago));
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isFinite(at))
    throw new Error(`"${text}" is no time: write now-1h, or milliseconds since 1970.`);
  return at;
}

/** Throws a sentence when the words are no time, or the time is empty or longer than two months. */
export function rangeOf({ from, to }: TimeWords, now: number): TimeRange {
  const range = { from: momentOf(from, now), to: momentOf(to, now) };
  if (range.from >= range.to)
    throw new Error(`The time from ${from} to ${to} is empty: its end has to come after its beginning.`);
  if (range.to - range.from > longestMs)
    throw new Error(`The time from ${from} to ${to} is longer than two months.`);
  return range;
}

/** The time that an address names; else, around `time` as links from Kibana say it; else the default. */
export function timeWordsOf(parameters: URLSearchParams, otherwise: TimeWords): TimeWords {
  const [from, to, time] = ['from', 'to', 'time'].map((name) => parameters.get(name) ?? '');
  if (from && to) return { from, to };
  if (time && /^\d+$/.test(time)) {
    const window = Number(parameters.get('time.window') ?? 600_000) || 600_000;
    return { from: String(Number(time) - window / 2), to: String(Number(time) + window / 2) };
  }
  return otherwise;
}
