/** Measures what each step of a request takes: the service with it and without it, by turns. */

import { contentionOf } from '../busy.ts';
import type { Kind } from '../kinds.ts';
import { startGenerator } from '../load.ts';
import { requestsOf } from '../requests.ts';
import { type BenchResults, type ByKind, median } from '../results.ts';
import { check, type Instruments, machineOf, measure, prepare } from '../run.ts';
import type { StepSettings } from '../settings.ts';
import { subject, type Variant, variants } from '../variants.ts';
import { application, type Step } from './steps.ts';

const warmUpSeconds = 2;
/** Long enough for a thousand requests, and so short that what else the machine does meets both sides of a turn. */
const windowMs = 100;
/** Seconds of load for each second of turns, which wait a little at each switch. */
const margin = 1.3;

/** Microseconds of a request's processor time: the median of the rounds, the lowest and the highest. */
export interface Micros {
  readonly median: number;
  readonly spread: readonly [lowest: number, highest: number];
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

const microsOf = (rounds: readonly number[]): Micros => ({
  median: median(rounds),
  spread: [Math.min(...rounds), Math.max(...rounds)],
});

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

/** One comparison, under load. @returns microseconds of a request with the steps, and without them; medians of the turns */
async function compareOnce(
  { instruments, settings }: Measuring,
  kind: Kind,
  without: readonly string[],
): Promise<{ whole: number; left: number; saved: number }> {
  const { field, generator, slowdowns } = instruments;
  const [service] = field.running;
  if (service === undefined) throw new Error('The service is not running.');
  const { seconds, connections } = settings;
  const turns = Math.ceil((1000 * seconds) / windowMs / 2);
  const requests = requestsOf(kind, field.users(service.variant));
  const [seen, compared] = await Promise.all([
    generator.load({ url: service.url, requests, connections, seconds: Math.ceil(margin * seconds) }),
    service.compare({ without, turns, windowMs }),
  ]);
  check(service, kind, seen);
  slowdowns.push(Math.max(await service.slowdown(), await generator.slowdown()));
  service.log.empty();
  if (kind === 'create') await field.seeded.reset();
  return {
    whole: median(compared.with),
    left: median(compared.without),
    saved: median(compared.with.map((micros, turn) => micros - (compared.without[turn] ?? Number.NaN))),
  };
}

async function measureKind(measuring: Measuring, kind: Kind): Promise<StepsOfKind> {
  const { settings, instruments, say } = measuring;
  const { rounds, connections } = settings;
  const omissions = omissionsOf(kind, settings.steps);
  say(`warming up ${kind}`);
  for (const one of instruments.field.running)
    await measure(instruments, one, kind, { seconds: warmUpSeconds, connections });
  for (const { without } of omissions)
    await compareOnce({ ...measuring, settings: { ...settings, seconds: 1 } }, kind, without);
  const wholes: number[] = [];
  const all = new Map(omissions.map(({ name }) => [name, { saved: [] as number[], left: [] as number[] }]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, without } of omissions) {
      const { whole, left, saved } = await compareOnce(measuring, kind, without);
      wholes.push(whole);
      all.get(name)?.left.push(left);
      all.get(name)?.saved.push(saved);
    }
    say(`round ${round + 1} of ${rounds}  ${kind.padEnd(6)}  ${median(wholes).toFixed(1)} µs a request`);
  }
  const of = (name: string, what: 'saved' | 'left' = 'saved') => microsOf(all.get(name)?.[what] ?? []);
  return {
    whole: microsOf(wholes),
    steps: Object.fromEntries(omissions.slice(0, -2).map(({ name }) => [name, of(name)])),
    together: of(together),
    server: of(application.name, 'left'),
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
