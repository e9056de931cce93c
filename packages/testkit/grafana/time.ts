/** Steps and windows of a query, by the rules of Grafana and of its Prometheus data source. */
import type { VariableValue } from './interpolate.ts';

/** A stretch of time, in milliseconds since 1970. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `1m30s` in milliseconds. Throws a sentence when it is none. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(?<![\d.])(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new Error(`"${text}" is no duration such as 30s.`);
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (unitMs[unit] ?? 0), 0);
}

/** A calculated interval below the first number becomes the second; in milliseconds. */
const rounding: readonly (readonly [below: number, interval: number])[] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
  [32_400_000, 21_600_000],
  [86_400_000, 43_200_000],
  [604_800_000, 86_400_000],
  [1_814_400_000, 604_800_000],
];

const longestIntervalMs = 30 * 86_400_000;
/** Prometheus answers no more points than this. */
const maxPoints = 11_000;

/** The step of a panel's query, which is `$__interval`, in milliseconds. */
export function stepMs({ from, to }: TimeRange, maxDataPoints: number, minStepMs: number): number {
  const calculated = (to - from) / maxDataPoints;
  const rounded = rounding.find(([below]) => calculated < below)?.[1] ?? longestIntervalMs;
  return Math.max(rounded, minStepMs, Math.ceil((to - from) / maxPoints));
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

const text = (value: string | number): VariableValue => ({ values: [String(value)], isPattern: false });

/**
 * The variables that every dashboard has.
 * @param scrapeMs the data source's `timeInterval`, or the panel's own shortest step
 */
export function timeVariables(
  { from, to }: TimeRange,
  step: number,
  scrapeMs: number,
): readonly (readonly [string, VariableValue])[] {
  // Never so short that a window has less than two scrapes in it.
  const rate = Math.max(step + scrapeMs, 4 * scrapeMs);
  const range = to - from;
  return [
    ['__interval', text(durationText(step))],
    ['__interval_ms', text(step)],
    ['__rate_interval', text(durationText(rate))],
    ['__rate_interval_ms', text(rate)],
    ['__range', text(`${Math.round(range / 1000)}s`)],
    ['__range_s', text(Math.round(range / 1000))],
    ['__range_ms', text(Math.round(range))],
    ['__from', text(Math.round(from))],
    ['__to', text(Math.round(to))],
  ];
}
