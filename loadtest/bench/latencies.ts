/** Numbers about latencies, all in milliseconds. */

/** The value that this share of them doesn't exceed; 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export const sort = (latencies: readonly number[]) => Float64Array.from(latencies).sort();
