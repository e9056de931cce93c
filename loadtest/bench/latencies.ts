/** Numbers about latencies, all in milliseconds. */

/** The value that this share of them doesn't exceed; 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export const sort = (latencies: readonly number[]) => Float64Array.from(latencies).sort();

/**
 * With what clients would have seen that kept to their pace: while one waits longer than its interval, the requests
 * that it should have sent meanwhile would have waited too (coordinated omission).
 * @param interval between two requests of one connection
 */
export function withOmitted(latencies: readonly number[], interval: number): number[] {
  const all = [...latencies];
  for (const latency of latencies)
    for (let missed = latency - interval; missed > 0; missed -= interval) all.push(missed);
  return all;
}
