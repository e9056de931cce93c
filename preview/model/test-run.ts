/** The last `make test`; times in milliseconds since 1970. */
export interface TestRun {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Cores of the machine. */
  readonly cores: number;
  readonly checks: readonly TimedRun[];
  /** Jest's test files, within its check. */
  readonly files: readonly TimedRun[];
  /** Cores that were busy, of the whole machine, until each time. */
  readonly load: readonly { readonly at: number; readonly cores: number }[];
}

export interface TimedRun {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Undefined where the system doesn't tell. */
  readonly processorSeconds: number | undefined;
}

/** Cores that it kept busy on average; undefined where the system doesn't tell. */
export const coresOf = ({ startedAt, endedAt, processorSeconds }: TimedRun): number | undefined =>
  processorSeconds === undefined
    ? undefined
    : processorSeconds / Math.max((endedAt - startedAt) / 1000, 0.001);

/** Rows for runs in time: each in the first row that is free when it starts. */
export function rowsOf(runs: readonly TimedRun[]): readonly (readonly TimedRun[])[] {
  const rows: TimedRun[][] = [];
  for (const run of runs.toSorted((one, other) => one.startedAt - other.startedAt)) {
    const free = rows.find((row) => (row.at(-1)?.endedAt ?? 0) <= run.startedAt);
    if (free === undefined) rows.push([run]);
    else free.push(run);
  }
  return rows;
}
