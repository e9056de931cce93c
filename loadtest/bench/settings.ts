/** The settings of `make bench` and of `make bench-steps`. */
import { integer, matching, oneOf, optional, someOf } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';
import { type ConditionName, conditionNames } from './conditions.ts';
import { type Kind, kinds } from './kinds.ts';
import { type Step, steps } from './steps/steps.ts';
import { type Variant, variants } from './variants.ts';

interface Common {
  readonly rounds: number;
  /** Seconds that each measurement takes. */
  readonly seconds: number;
  readonly connections: number;
  readonly kinds: readonly Kind[];
}

/** Those of `make bench`. */
export interface Settings extends Common {
  readonly variants: readonly Variant[];
  readonly condition: ConditionName;
  /** The machine's name, where the run is to be kept. */
  readonly record: string | undefined;
}

/** Those of `make bench-steps`. */
export interface StepSettings extends Common {
  readonly steps: readonly Step[];
}

const rounds = integer(1, 100);
const seconds = integer(1, 600);
const common = { CONNECTIONS: { ...integer(1, 1000), unset: '64' }, KINDS: someOf(...kinds) };
const ofBench = {
  ...common,
  ROUNDS: { ...rounds, unset: '5' },
  SECONDS: { ...seconds, unset: '3' },
  ONLY: someOf(...variants.map(({ name }) => name)),
  CONDITION: { ...oneOf(...conditionNames), unset: 'usual' },
  RECORD: optional(
    matching('a name for this machine: small letters, digits and hyphens', /^[a-z0-9-]{1,40}$/),
  ),
};
const ofSteps = {
  ...common,
  ROUNDS: { ...rounds, unset: '3' },
  SECONDS: { ...seconds, unset: '3' },
  STEPS: someOf(...steps.map(({ name }) => name)),
};

interface GivenCommon {
  readonly ROUNDS: number;
  readonly SECONDS: number;
  readonly CONNECTIONS: number;
  readonly KINDS: readonly Kind[];
}

const commonOf = ({ ROUNDS, SECONDS, CONNECTIONS, KINDS }: GivenCommon): Common => ({
  rounds: ROUNDS,
  seconds: SECONDS,
  connections: CONNECTIONS,
  kinds: KINDS,
});

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readBench(environment: Environment): Settings {
  const given = readSettings(ofBench, environment);
  return {
    ...commonOf(given),
    variants: variants.filter(({ name }) => given.ONLY.includes(name)),
    condition: given.CONDITION,
    record: given.RECORD,
  };
}

/** @throws SettingsError likewise */
export function readSteps(environment: Environment): StepSettings {
  const given = readSettings(ofSteps, environment);
  return { ...commonOf(given), steps: steps.filter(({ name }) => given.STEPS.includes(name)) };
}
