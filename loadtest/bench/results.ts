/** Measurements and their summary: medians over the rounds, with the lowest and the highest. */
import type { Contention } from './busy.ts';
import type { ConditionName } from './conditions.ts';
import type { Kind } from './kinds.ts';

/** One variant on one kind of request, in one round. Latencies are milliseconds. */
export interface Measurement {
  readonly rps: number;
  readonly p50: number;
  readonly p99: number;
  /** Requests in a second of the variant's own processor time: what others do on the machine changes it less. */
  readonly rpsOfProcessor: number;
  /** Share of a core that the load generator took: near 1 it is what limits, not the variant. */
  readonly generatorBusy: number;
}

type Range = readonly [lowest: number, highest: number];

export interface Summary extends Measurement {
  readonly spread: Readonly<Record<'rps' | 'p50' | 'p99', Range>>;
}

/** How many times another's requests the service served in the same time: the median of the rounds' ratios. */
export interface Ratio {
  readonly median: number;
  readonly spread: Range;
}

export type ByKind<What> = Readonly<Partial<Record<Kind, What>>>;
export type ByVariant<What> = Readonly<Record<string, ByKind<What>>>;

/** The content of `.stack/bench.json`, and of `report.json` under `bench`. */
export interface BenchResults {
  readonly rounds: number;
  readonly variants: ByVariant<Summary>;
  /** Answers a second of the service, divided by those of each other variant. */
  readonly ratios: ByVariant<number>;
  readonly ratioSpreads: ByVariant<Range>;
  /** The same of requests in a second of processor time. */
  readonly ratiosOfProcessor: ByVariant<number>;
  /** Ratios of processor time that are wanted, by the name of the other. */
  readonly goals: Readonly<Record<string, number>>;
  /** A description of each variant, by its name. */
  readonly about: Readonly<Record<string, string>>;
  /** The service at 70 % of its own requests a second. */
  readonly atSeventyPercent: ByKind<AtRate>;
  readonly settings: {
    readonly seconds: number;
    readonly connections: number;
    readonly condition: ConditionName;
  };
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    /** Whether server and load generator had a core each. */
    readonly pinned: boolean;
    /** Whether PostgreSQL had cores of its own: there are, from three on. */
    readonly postgresqlPinned: boolean;
    readonly node: string;
    readonly postgresql: string;
    /** Whether PostgreSQL waited for the disk at each commit. */
    readonly durable: boolean;
    readonly contention: Contention;
  };
  /** ISO 8601. */
  readonly date: string;
}

/** Latencies are milliseconds from when a request was due. */
export interface AtRate {
  /** Requests a second that were sent. */
  readonly rps: number;
  readonly p50: number;
  readonly p99: number;
  /** The share of a core that the load generator took: near 1 it was late, and not the service. */
  readonly generatorBusy: number;
}

const range = (numbers: readonly number[]): Range => [Math.min(...numbers), Math.max(...numbers)];

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** @param rounds in their order; at least one */
export function summarise(rounds: readonly Measurement[]): Summary {
  const of = (name: keyof Measurement) => rounds.map((round) => round[name]);
  return {
    rps: median(of('rps')),
    p50: median(of('p50')),
    p99: median(of('p99')),
    rpsOfProcessor: median(of('rpsOfProcessor')),
    generatorBusy: median(of('generatorBusy')),
    spread: { rps: range(of('rps')), p50: range(of('p50')), p99: range(of('p99')) },
  };
}

/**
 * @param own and `others`: measurements of the same rounds, so that what slowed both down counts for neither
 * @param by what is compared
 */
export function ratioOf(
  own: readonly Measurement[],
  others: readonly Measurement[],
  by: 'rps' | 'rpsOfProcessor' = 'rps',
): Ratio {
  const ratios = own.flatMap((measured, round) => {
    const other = others[round];
    return other === undefined ? [] : [measured[by] / other[by]];
  });
  return { median: median(ratios), spread: range(ratios) };
}
