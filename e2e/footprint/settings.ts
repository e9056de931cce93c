import { integer, someOf } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

/** The settings of `make bench-footprint`. */
export interface FootprintSettings {
  readonly steps: readonly StepName[];
  /** Minutes of load, for the memory of the API. */
  readonly minutes: number;
  /** Requests a second of that load. */
  readonly rate: number;
  /** Starts of the API to be timed. */
  readonly starts: number;
  /** Seconds that the stack is left alone before its memory is read. */
  readonly quietSeconds: number;
}

export const stepNames = ['memory', 'start', 'stack'] as const;
export type StepName = (typeof stepNames)[number];

const settings = {
  STEPS: someOf(...stepNames),
  MINUTES: { ...integer(1, 24 * 60), unset: '10' },
  RATE: { ...integer(1, 20_000), unset: '1000' },
  STARTS: { ...integer(3, 1000), unset: '20' },
  QUIET_SECONDS: { ...integer(5, 3600), unset: '60' },
};

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readFootprintSettings(environment: Environment): FootprintSettings {
  const given = readSettings(settings, environment);
  return {
    steps: given.STEPS,
    minutes: given.MINUTES,
    rate: given.RATE,
    starts: given.STARTS,
    quietSeconds: given.QUIET_SECONDS,
  };
}
