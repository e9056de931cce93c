/** Measures what each step of a request takes: the service with it and without it, by turns. */

import { contentionOf } from '../busy.ts';
import type { Kind } from '../kinds.ts';
import { startGenerator } from '../load.ts';
import { type BenchResults, type ByKind, median } from '../results.ts';
import { type Instruments, machineOf, measure, prepare } from '../run.ts';
import type { StepSettings } from '../settings.ts';
import { subject, type Variant, variants } from '../variants.ts';
import { application, type Step } from './steps.ts';

const warmUpSeconds = 2;

/** Microseconds of a request's processor time: the median of the rounds, and the middle half of them. */
export interface Micros {
  readonly median: number;
  readonly quartiles: readonly [lower: number, upper: number];
}

export interface StepsOfKind {
  /** All of a request. */
  readonly whole: Micros;
  /** Saved without each step, by its name. */
  readonly steps: Readonly<Record<string, Micros>>;
  /** Saved when all of them are left out at once. */
  readonly together: Micros;
  /** Left when node:http answers by itself. */
  readonly server: Micros;
}

/** The content of `.stack/bench-steps.json`. */
export interface StepResults {
  readonly rounds: number;
  readonly settings: Pick<StepSettings, 'seconds' | 'connections'>;
  readonly kinds: ByKind<StepsOfKind>;
  readonly machine: BenchResults['machine'];
  /** ISO 8601. */
  readonly date: string;
}

/** The service as production runs it, with switches in it. */
export function withSwitches(): Variant {
  const service = variants.find(({ name }) => name === subject);
  if (service === undefined) throw new Error(`There is no variant ${subject}.`);
  return { ...service, program: ['loadtest/bench/steps/service.ts'] };
}

function microsOf(rounds: readonly number[]): Micros {
  const sorted = rounds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { median: median(rounds), quartiles: [at(0.25), at(0.75)] };
}

/** Steps that are left out at the same time. */
interface Omission {
  readonly name: string;
  readonly without: readonly string[];
}

const together = 'all of them';

function omissionsOf(kind: Kind, steps: readonly Step[]): readonly Omission[] {
  const names = steps.filter(({ of }) => of === undefined || of.includes(kind)).map(({ name }) => name);
  return [
    ...names.map((name) => ({ name, without: [name] })),
    { name: together, without: names },
    { name: application.name, without: [application.name] },
  ];
}

interface Measuring {
  readonly instruments: Instruments;
  readonly settings: StepSettings;
  readonly say: (line: string) => void;
}

async function measureKind({ instruments, settings, say }: Measuring, kind: Kind): Promise<StepsOfKind> {
  const { rounds, seconds, connections } = settings;
  const [service] = instruments.field.running;
  if (service === undefined) throw new Error('The service is not running.');
  /** @returns microseconds of processor time that a request takes */
  const microsWithout = async (without: readonly string[], forSeconds = seconds): Promise<number> => {
    await service.without(without);
    const load = { seconds: forSeconds, connections };
    const { rpsOfProcessor } = await measure(instruments, service, kind, load);
    return 1e6 / rpsOfProcessor;
  };
  const omissions = omissionsOf(kind, settings.steps);
  say(`warming up ${kind}`);
  await microsWithout([], warmUpSeconds);
  for (const { without } of omissions) await microsWithout(without, 1);
  const wholes: number[] = [];
  const saved = new Map(omissions.map(({ name }) => [name, [] as number[]]));
  const left: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    let before = await microsWithout([]);
    wholes.push(before);
    const first = (round * 5) % omissions.length;
    for (const { name, without } of [...omissions.slice(first), ...omissions.slice(0, first)]) {
      const micros = await microsWithout(without);
      const after = await microsWithout([]);
      wholes.push(after);
      saved.get(name)?.push((before + after) / 2 - micros);
      if (name === application.name) left.push(micros);
      before = after;
    }
    say(`round ${round + 1} of ${rounds}  ${kind.padEnd(6)}  ${median(wholes).toFixed(1)} µs a request`);
  }
  const of = (name: string) => microsOf(saved.get(name) ?? []);
  return {
    whole: microsOf(wholes),
    steps: Object.fromEntries(omissions.slice(0, -2).map(({ name }) => [name, of(name)])),
    together: of(together),
    server: microsOf(left),
  };
}

/**
 * @param databaseUrl an empty database
 * @param say takes lines of progress
 * @throws Error with a sentence when the service doesn't start, or answers otherwise than it should
 */
export async function runSteps(
  settings: StepSettings,
  databaseUrl: string,
  say: (line: string) => void,
): Promise<StepResults> {
  await using field = await prepare(databaseUrl, [withSwitches()]);
  const generator = startGenerator();
  try {
    const instruments: Instruments = { field, generator, slowdowns: [] };
    const measured: Partial<Record<Kind, StepsOfKind>> = {};
    for (const kind of settings.kinds)
      measured[kind] = await measureKind({ instruments, settings, say }, kind);
    const { rounds, seconds, connections } = settings;
    return {
      rounds,
      settings: { seconds, connections },
      kinds: measured,
      machine: machineOf(field.seeded.server, contentionOf(instruments.slowdowns), false),
      date: new Date().toISOString(),
    };
  } finally {
    generator.stop();
  }
}
