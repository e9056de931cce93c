import { aligned } from '@sightline/telemetry/terminal.ts';
import type { Goal } from '../goals.ts';
import type { Comparison } from './cases.ts';
import { type Case, median, type Times } from './measure.ts';
import type { Execution } from './plans.ts';

/** How much longer a list may take in the large table, or far down in it. */
const maxGrowth = 1.1;

/** One case in numbers. Times are medians in milliseconds; `null` where nothing was measured. */
export interface CaseResult {
  readonly database: Case['database'];
  readonly name: string;
  readonly requests: number;
  readonly ms: number | null;
  readonly refused: string | null;
  /** In PostgreSQL alone, planning left out. */
  readonly databaseMs: number | null;
  readonly rowsRead: number | null;
  readonly buffers: number | null;
  readonly indexes: readonly string[];
  readonly scanned: readonly string[];
}

/** How a comparison came out: ratios of the medians. */
export interface Growth {
  readonly name: string;
  readonly goal: boolean;
  readonly size: number | null;
  readonly depth: number | null;
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
const medianOf = (executions: readonly Execution[], value: (one: Execution) => number) =>
  finite(median(executions.map(value)));

export function resultOf(
  one: Case,
  times: Times | undefined,
  executions: readonly Execution[] = [],
): CaseResult {
  const ms = times?.refused === undefined ? (times?.ms ?? []) : [];
  return {
    database: one.database,
    name: one.name,
    requests: ms.length,
    ms: finite(median(ms)),
    refused: times?.refused ?? null,
    databaseMs: medianOf(executions, ({ durationMs }) => durationMs),
    rowsRead: medianOf(executions, ({ rowsRead }) => rowsRead),
    buffers: medianOf(executions, ({ buffers }) => buffers),
    indexes: [...new Set(executions.flatMap(({ indexes }) => indexes))],
    scanned: [...new Set(executions.flatMap(({ scanned }) => scanned))],
  };
}

type Results = ReadonlyMap<Case, CaseResult>;

const ratio = (after: number | null | undefined, before: number | null | undefined) =>
  after === null || after === undefined || !before ? null : after / before;

export function growthOf({ name, small, large, deep, goal = false }: Comparison, results: Results): Growth {
  const ms = (one: Case | undefined) => one && results.get(one)?.ms;
  return {
    name,
    goal,
    size: ratio(ms(large), ms(small)),
    depth: deep ? ratio(ms(deep), ms(large)) : null,
  };
}

const text = (value: number | null | undefined, digits = 2) =>
  value === null || value === undefined ? '-' : value.toFixed(digits);
const padded = (rows: readonly (readonly string[])[]) =>
  aligned(rows.map(([first = '', ...rest]) => [first, ...rest.map((cell) => cell.padStart(9))]));

/** Medians over HTTP, and in brackets those in PostgreSQL alone, with the ratios to the first page. */
export function growthTable(
  comparisons: readonly Comparison[],
  results: Results,
  { small, large, page }: { small: string; large: string; page: number },
): string {
  const cell = (one: Case | undefined) => {
    const result = one && results.get(one);
    if (!result) return '';
    if (result.refused !== null) return `refused ${result.refused.slice(0, 3)}`;
    return `${text(result.ms)} (${text(result.databaseMs)})`;
  };
  return padded([
    ['ms (in PostgreSQL)', small, large, 'growth', 'page 2', `page ${page}`, 'growth'],
    ...comparisons.map((one) => {
      const { size, depth } = growthOf(one, results);
      return [
        one.name,
        cell(one.small),
        cell(one.large),
        text(size),
        cell(one.second),
        cell(one.deep),
        one.deep ? text(depth) : '',
      ];
    }),
  ]);
}

/** How PostgreSQL carried out each statement on the large table. */
export function planTable(results: Results): string {
  const rows = [...results.values()]
    .filter(({ database }) => database === 'large')
    .map(({ name, rowsRead, buffers, databaseMs, indexes, scanned }) => [
      name,
      text(rowsRead, 0),
      text(buffers, 0),
      text(databaseMs),
      `  ${[...indexes, ...scanned.map((table) => `ALL OF ${table}`)].join(', ')}`,
    ]);
  return padded([['on the large table', 'rows read', 'pages', 'ms', '  by'], ...rows]);
}

const named = (all: readonly { readonly name: string; readonly value: number | null }[]) =>
  all.map(({ name, value }) => `${name} ${text(value)}`).join(', ');

function growthGoal(
  what: string,
  all: readonly { readonly name: string; readonly value: number | null }[],
): Goal {
  const missed = all.filter(({ value }) => value === null || value > maxGrowth);
  const max = Math.max(...all.map(({ value }) => value ?? Number.NaN));
  return {
    what: `${what}: at most ${maxGrowth} times`,
    reached: missed.length === 0,
    found: missed.length === 0 ? `${text(max)} at most` : `missed by ${named(missed)}`,
  };
}

export function goalsOf(growths: readonly Growth[], results: Results, page: number): Goal[] {
  const lists = growths.filter(({ goal }) => goal);
  const onLarge = [...results.values()].filter(({ database }) => database === 'large');
  const unbound = onLarge.filter(
    ({ scanned, indexes, databaseMs }) =>
      scanned.includes('todos') || (databaseMs === null && !indexes.length),
  );
  return [
    growthGoal(
      `Page ${page} against the first`,
      lists.map(({ name, depth }) => ({ name, value: depth })),
    ),
    growthGoal(
      'The first page in the large table against the small one',
      lists.map(({ name, size }) => ({ name, value: size })),
    ),
    {
      what: 'No statement reads all todos',
      reached: unbound.length === 0,
      found:
        unbound.length === 0
          ? `${onLarge.length} kinds of request looked at`
          : `missed by ${unbound.map(({ name, refused }) => `${name}${refused ? ` (${refused})` : ''}`).join(', ')}`,
    },
  ];
}
