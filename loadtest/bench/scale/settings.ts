import { wholeNumbersIn } from '../whole-numbers.ts';

/** What `make bench-scale` is told by its environment. */
export interface ScaleSettings {
  /** Todos in the large table. */
  readonly rows: number;
  /** Requests of each case. */
  readonly requests: number;
  readonly seed: number;
}

/** Todos in the table that the large one is compared with. */
export const smallRows = 10_000;

/** Throws one error that names every wrong variable, what it got and what it takes. */
export function readScaleSettings(environment: NodeJS.ProcessEnv): ScaleSettings {
  const { read, problems } = wholeNumbersIn(environment);
  const settings = {
    rows: read('ROWS', 10_000_000, 2 * smallRows, 100_000_000),
    requests: read('REQUESTS', 200, 5, 10_000),
    seed: read('SEED', 1, 0, 2 ** 31 - 1),
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}
