/** A value at a moment. */
export interface Sample {
  readonly seconds: number;
  readonly value: number;
}

/** How much the value rises in a second, by least squares; NaN with fewer than two samples. */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const [seconds, value] = [mean(samples.map((one) => one.seconds)), mean(samples.map((one) => one.value))];
  const over = samples.reduce((sum, one) => sum + (one.seconds - seconds) * (one.value - value), 0);
  return over / samples.reduce((sum, one) => sum + (one.seconds - seconds) ** 2, 0);
}
