/** The results as text for a terminal. */
import { isBusy } from './busy.ts';
import { type ConditionName, conditions } from './conditions.ts';
import { type Kind, kinds, titles } from './kinds.ts';
import type { BenchResults } from './results.ts';
import { subject } from './variants.ts';

const count = (number: number) => Math.round(number).toLocaleString('en');
/** A share of a core from which the load generator may be what limits. */
const generatorLimit = 0.95;

function ratioCell(results: BenchResults, name: string, kind: Kind): string {
  const ratio = results.ratios[name]?.[kind];
  if (ratio === undefined) return '';
  const [lowest, highest] = results.ratioSpreads[name]?.[kind] ?? [ratio, ratio];
  return `${ratio.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}

function processorRatioCell(results: BenchResults, name: string, kind: Kind): string {
  const ratio = results.ratiosOfProcessor[name]?.[kind];
  if (ratio === undefined) return '';
  const goal = results.goals[name];
  const met = goal === undefined ? '' : `, goal ${goal} ${ratio >= goal ? 'met' : 'missed'}`;
  return `${ratio.toFixed(2)}${met}`;
}

/** One kind of request: a line a variant. */
function tableOf(results: BenchResults, kind: Kind): string[] {
  const rows = Object.entries(results.variants).flatMap(([name, of]) => {
    const summary = of[kind];
    if (summary === undefined) return [];
    const { rps, p50, p99, rpsOfProcessor, spread } = summary;
    return [
      [
        name,
        count(rps),
        `${count(spread.rps[0])}–${count(spread.rps[1])}`,
        p50.toFixed(1),
        p99.toFixed(1),
        count(rpsOfProcessor),
        ratioCell(results, name, kind),
        processorRatioCell(results, name, kind),
      ],
    ];
  });
  const header = [
    ...['', 'requests/s', 'lowest–highest', 'p50 ms', 'p99 ms', 'requests/CPU s', 'ratio of requests/s'],
    'of requests/CPU s',
  ];
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return [titles[kind], ...lines.map((line) => `  ${line}`), ''];
}

/** Below its peak: the latencies of somebody whose service isn't overloaded. */
function atRate({ atSeventyPercent, settings }: BenchResults): string[] {
  const cells = kinds.flatMap((kind) => {
    const measured = atSeventyPercent[kind];
    if (measured === undefined) return [];
    const { rps, p50, p99, generatorBusy } = measured;
    return `  ${kind.padEnd(6)}  ${count(rps)}/s  p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms from when a request was due; the generator took ${Math.round(100 * generatorBusy)} % of its core`;
  });
  if (cells.length === 0) return [];
  return [
    `${subject} at 70 % of its peak, ${settings.connections} connections (goal: p99 under 25 ms)`,
    ...cells,
    '',
  ];
}

/** Where the load generator had no more to give: the variant may be faster than the table says. */
function limited({ variants }: BenchResults): string[] {
  const cases = Object.entries(variants).flatMap(([name, of]) =>
    kinds.flatMap((kind) => ((of[kind]?.generatorBusy ?? 0) > generatorLimit ? `${name} ${kind}` : [])),
  );
  return cases.length === 0
    ? []
    : [
        `The load generator was as busy as it can be with: ${cases.join(', ')}. They may be faster than this.`,
        '',
      ];
}

/** A warning, where the machine did something else as well. */
function disturbed({ machine: { contention } }: BenchResults): string[] {
  const { looks, busy } = contention;
  return isBusy(contention)
    ? [
        `The machine was busy with something else: at ${busy} of ${looks} looks work was held up. Don't believe these numbers.`,
        '',
      ]
    : [];
}

function aboutOf(condition: ConditionName): string {
  const { about } = conditions[condition];
  return about === '' ? '' : `, ${about}`;
}

export function textOf(results: BenchResults): string {
  const { rounds, settings, machine, about } = results;
  const { processor, cores, pinned, postgresqlPinned, node, postgresql, durable } = machine;
  return [
    ...kinds.flatMap((kind) =>
      Object.values(results.variants).some((of) => of[kind] !== undefined) ? tableOf(results, kind) : [],
    ),
    ...atRate(results),
    ...limited(results),
    ...disturbed(results),
    ...Object.entries(about).map(([name, text]) => `${name.padEnd(18)}${text}`),
    '',
    `${rounds === 1 ? 'One round' : `Medians of ${rounds} rounds`} of ${settings.seconds} s, ${settings.connections} connections${aboutOf(settings.condition)}. Node.js ${node}, PostgreSQL ${postgresql}, ${durable ? 'which waits for the disk' : 'which does not wait for the disk (DURABLE=1: it does)'}.`,
    `Ratios: how many requests ${subject} serves while the variant serves one; the median of the rounds (lowest–highest).`,
    "requests/CPU s: in a second of the variant's own processor time, which others on the machine disturb less.",
    `${processor}, ${cores} cores; ${pinned ? `each server alone on the first, the load on the second, PostgreSQL ${postgresqlPinned ? 'on the others' : 'where it finds room'}` : 'server, load and PostgreSQL share them as they like'}.`,
  ].join('\n');
}
