import { randomInt } from 'node:crypto';
import { integer, optional } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

/** The settings of `make chaos`. */
export interface ChaosSettings {
  /** From the command's start to the last fault's end, about: three faults there are at the least. */
  readonly minutes: number;
  readonly seed: number;
}

const settings = {
  MINUTES: { ...integer(1, 60), unset: '10' },
  SEED: optional(integer(0, Number.MAX_SAFE_INTEGER)),
};

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readChaosSettings(environment: Environment): ChaosSettings {
  const { MINUTES: minutes, SEED: seed = randomInt(2 ** 32) } = readSettings(settings, environment);
  return { minutes, seed };
}
