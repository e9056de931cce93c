import { wholeNumbersIn } from '@sightline/loadtest/bench/whole-numbers.ts';

/** What `make bench-footprint` is told by its environment. */
export interface FootprintSettings {
  readonly steps: readonly StepName[];
  /** Of load, for the memory of the API. */
  readonly minutes: number;
  /** Requests a second of that load. */
  readonly rate: number;
  /** Of the API, to be timed. */
  readonly starts: number;
  /** Seconds that the stack is left alone before its memory is read. */
  readonly quietSeconds: number;
}

export const stepNames = ['memory', 'start', 'stack'] as const;
export type StepName = (typeof stepNames)[number];

const isStep = (name: string): name is StepName => stepNames.some((known) => known === name);

/** Throws one error that names every wrong variable, what it got and what it takes. */
export function readFootprintSettings(environment: NodeJS.ProcessEnv): FootprintSettings {
  const { read, problems } = wholeNumbersIn(environment);
  const named = (environment['STEPS'] || stepNames.join()).split(/[\s,]+/).filter((name) => name !== '');
  const unknown = named.filter((name) => !isStep(name));
  if (unknown.length > 0)
    problems.push(
      `STEPS has ${unknown.map((name) => `"${name}"`).join(', ')}; it takes ${stepNames.join(', ')}, separated by commas.`,
    );
  const settings = {
    steps: stepNames.filter((name) => named.includes(name)),
    minutes: read('MINUTES', 10, 1, 24 * 60),
    rate: read('RATE', 1000, 1, 20_000),
    starts: read('STARTS', 20, 3, 1000),
    quietSeconds: read('QUIET_SECONDS', 60, 5, 3600),
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}
