import { randomInt } from 'node:crypto';

/** What `make chaos` is told by its environment. */
export interface ChaosSettings {
  /** From the command's start to the last fault's end, about: three faults there are at the least. */
  readonly minutes: number;
  readonly seed: number;
}

/** GitHub's run ids, which nightly.yml takes its seeds from, have passed 2³². */
const mostSeed = Number.MAX_SAFE_INTEGER;

/** Throws one error that names every wrong variable, what it got and what it takes. */
export function readChaosSettings(environment: NodeJS.ProcessEnv): ChaosSettings {
  const problems: string[] = [];
  const number = (name: string, unset: number, least: number, most: number): number => {
    const text = environment[name] || String(unset);
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      problems.push(`${name} is "${text}"; it takes a whole number from ${least} to ${most}.`);
    return value;
  };
  const settings = {
    minutes: number('MINUTES', 10, 1, 60),
    seed: number('SEED', randomInt(2 ** 32), 0, mostSeed),
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}
