/** Runs of `make bench` that are kept, a file for each machine: `RECORD=name make bench` adds one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';
import { shortPath } from '@sightline/settings/checkout.ts';
import { isBusy } from './busy.ts';
import { conditions } from './conditions.ts';
import { type Kind, kinds } from './kinds.ts';
import type { AtRate, BenchResults } from './results.ts';
import { subject } from './variants.ts';

const keptRuns = 5;
const folder = join(import.meta.dirname, 'results');

/** The part of a run's results that is told of it later. */
export type RecordedRun = Pick<
  BenchResults,
  'date' | 'rounds' | 'settings' | 'machine' | 'ratios' | 'ratiosOfProcessor' | 'atSeventyPercent'
>;

/** The newest runs of a machine, under each of the conditions. */
export interface RecordedMachine {
  readonly name: string;
  readonly runs: readonly RecordedRun[];
}

/** Runs under the same conditions. */
const groupOf = ({ settings, machine }: RecordedRun) => `${settings.condition} ${machine.durable}`;

/** Keeps a run beside the newest of its machine and its conditions. @returns the path of its file as people type it */
export function record(name: string, results: BenchResults, into = folder): string {
  const file = join(into, `${name}.json`);
  const { runs } = JSON.parse(readIfExists(file) ?? '{"runs":[]}') as Pick<RecordedMachine, 'runs'>;
  const { date, rounds, settings, machine, ratios, ratiosOfProcessor, atSeventyPercent } = results;
  const run: RecordedRun = { date, rounds, settings, machine, ratios, ratiosOfProcessor, atSeventyPercent };
  const newest = Object.values(Object.groupBy([...runs, run], groupOf)).flatMap((group = []) =>
    group.slice(-keptRuns),
  );
  replaceFile(file, `${JSON.stringify({ runs: newest }, null, 2)}\n`, 0o644);
  return shortPath(file);
}

/** All machines, by name. */
export function readRecorded(): readonly RecordedMachine[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.toSorted().map((file) => ({
    name: file.replace(/\.json$/, ''),
    ...(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Pick<RecordedMachine, 'runs'>),
  }));
}

const columns: Readonly<Record<Kind, string>> = { get: 'get one', list: 'list 20', create: 'create' };
/** Those that the page compares with, and what each comparison says. */
const compared = {
  'fastify-pg': 'bare Fastify with pg',
  'fastify-full': 'Fastify with the same duties',
  'sightline-quiet': 'itself without logs and metrics',
} as const;
const others = Object.keys(compared) as (keyof typeof compared)[];

const number = (value: number | undefined) => value?.toFixed(2) ?? '–';

/** The range over all usual runs, by kind of request. */
function rangeOf(machines: readonly RecordedMachine[], other: keyof typeof compared): string {
  const ratios = (kind: Kind) =>
    machines.flatMap(({ runs }) =>
      runs.filter(isUsual).flatMap((run) => run.ratiosOfProcessor[other]?.[kind] ?? []),
    );
  const parts = kinds.flatMap((kind) => {
    const all = ratios(kind);
    if (all.length === 0) return [];
    const [lowest, highest] = [number(Math.min(...all)), number(Math.max(...all))];
    return [`${columns[kind]} ${lowest === highest ? lowest : `${lowest} to ${highest}`}`];
  });
  return `- \`${other}\`, ${compared[other]}: ${parts.join(', ')}`;
}

/** The machine and the day of a run, and what it was measured under. */
function labelOf(name: string, { date, machine, settings }: RecordedRun): string {
  const { about } = conditions[settings.condition];
  const what = [
    about,
    machine.durable ? 'waiting for the disk' : '',
    isBusy(machine.contention) ? 'busy' : '',
  ];
  return [name, date.slice(0, 10), ...what.filter((part) => part !== '')].join(', ');
}

/** Nothing in front of the service and nothing behind it but PostgreSQL, which doesn't wait for the disk. */
const isUsual = ({ settings, machine }: RecordedRun) => settings.condition === 'usual' && !machine.durable;

/** A latency, and how busy the load generator was, which may have been late itself. */
const latencyCell = (measured: AtRate | undefined): string =>
  measured === undefined ? '–' : `${measured.p99.toFixed(0)} (${Math.round(100 * measured.generatorBusy)} %)`;

/** The page of recorded runs, in Markdown. */
export function recordedPage(machines: readonly RecordedMachine[]): string {
  const all = machines.flatMap(({ name, runs }) => runs.map((run) => ({ name, run })));
  const rows = all.flatMap(({ name, run }) =>
    others.flatMap((other) => {
      const byProcessor = run.ratiosOfProcessor[other];
      if (byProcessor === undefined) return [];
      const cells = kinds.map(
        (kind) => `${number(byProcessor[kind])} (${number(run.ratios[other]?.[kind])})`,
      );
      return [`| ${labelOf(name, run)} | \`${other}\` | ${cells.join(' | ')} |`];
    }),
  );
  const latencies = all
    .filter(({ run }) => Object.keys(run.atSeventyPercent).length > 0)
    .map(({ name, run }) => {
      const cells = kinds.map((kind) => latencyCell(run.atSeventyPercent[kind]));
      const { seconds, connections } = run.settings;
      return `| ${labelOf(name, run)} | ${run.rounds} × ${seconds} s, ${connections} connections | ${cells.join(' | ')} |`;
    });
  const heads = kinds.map((kind) => columns[kind]).join(' | ');
  return `# Measured

Generated by \`make generate\` from the newest runs of \`RECORD=name make bench\`, ${keptRuns} at most of each machine under
each condition (\`CONDITION\`, \`DURABLE=1\`).

How many requests \`${subject}\` serves in a second of processor time, logs, metrics, limits and access tokens on, while
another serves one ([how it is measured](../README.md)); over all runs under no condition of their own:

${others.map((other) => rangeOf(machines, other)).join('\n')}

Each run, and in brackets the same by the clock:

| | beside | ${heads} |
|---|---|---|---|---|
${rows.join('\n')}

p99 in milliseconds at 70 % of its own peak, from when each request was due, and in brackets how much of its core the
load generator took: what can't send in time makes latencies by itself.

| | measured by | ${heads} |
|---|---|---|---|---|
${latencies.join('\n')}
`;
}
