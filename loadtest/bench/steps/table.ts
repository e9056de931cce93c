/** The table of steps, as text for a terminal. */
import { isBusy } from '../busy.ts';
import { type Kind, kinds, titles } from '../kinds.ts';
import type { Micros, StepResults, StepsOfKind } from './run.ts';
import { steps } from './steps.ts';

/** A row of the table: microseconds of each kind, as far as it has them. */
interface Row {
  readonly name: string;
  readonly of: (measured: StepsOfKind) => Micros | number | undefined;
}

/** Koa's context, the router, the handler, headers and JSON: what no switch leaves out; and steps that were not measured. */
function rest({ whole, steps: measured, server }: StepsOfKind): number {
  const inKoa = steps.filter(({ beforeKoa }) => !beforeKoa).map(({ name }) => measured[name]?.median ?? 0);
  return whole.median - server.median - inKoa.reduce((sum, micros) => sum + micros, 0);
}

const rows: readonly Row[] = [
  { name: 'all of a request', of: ({ whole }) => whole },
  { name: 'node:http, the same answer', of: ({ server }) => server },
  ...steps.map(({ name, beforeKoa }) => ({
    name: beforeKoa ? `  of it ${name}` : name,
    of: ({ steps: each }: StepsOfKind) => each[name],
  })),
  { name: 'the rest: Koa, router, handler, JSON', of: rest },
  { name: 'saved without all steps at once', of: ({ together }) => together },
];

function cellOf(micros: Micros | number | undefined): string {
  if (micros === undefined) return '';
  if (typeof micros === 'number') return micros.toFixed(1);
  const [lowest, highest] = micros.spread;
  return `${micros.median.toFixed(1)} (${lowest.toFixed(1)}–${highest.toFixed(1)})`;
}

/** @param results of all steps or of some */
export function textOf({ kinds: measured, rounds, settings, machine }: StepResults): string {
  const chosen = kinds.filter((kind): kind is Kind => measured[kind] !== undefined);
  const table = [
    ['µs of processor time', ...chosen.map((kind) => titles[kind])],
    ...rows.map(({ name, of }) => [name, ...chosen.map((kind) => cellOf(of(measured[kind] as StepsOfKind)))]),
  ];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [
    ...lines,
    '',
    `Medians of ${rounds} rounds of ${settings.seconds} s (lowest–highest), ${settings.connections} connections: what a request takes less without the step.`,
    `${machine.processor}, ${machine.cores} cores, Node.js ${machine.node}.`,
    ...(isBusy(machine.contention)
      ? ["The machine was busy with something else. Don't believe these numbers."]
      : []),
  ].join('\n');
}
