import { randomInt } from 'node:crypto';
import { flag, integer, optional, text } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

/** The settings of `make drill`. */
export interface DrillSettings {
  /** Names of drills or of their alerts; none means all. */
  readonly alerts: readonly string[];
  /** Only the few that `make test` runs. */
  readonly quick: boolean;
  /** Everything but the fault: each drill has to fail. */
  readonly withoutFault: boolean;
  /** How often each is run. */
  readonly times: number;
  /** Seed of the order in which they run, which is another each time. */
  readonly seed: number;
}

const settings = {
  ALERT: optional(text('names of alerts or drills')),
  QUICK: { ...flag, unset: '0' },
  FAULT: { ...flag, unset: '1' },
  TIMES: { ...integer(1, 100), unset: '1' },
  SEED: optional(integer(0, Number.MAX_SAFE_INTEGER)),
};

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readDrillSettings(environment: Environment): DrillSettings {
  const {
    ALERT: alerts = '',
    QUICK: quick,
    FAULT: fault,
    TIMES: times,
    SEED: seed = randomInt(2 ** 32),
  } = readSettings(settings, environment);
  return {
    alerts: alerts.split(/[\s,]+/).filter((name) => name !== ''),
    quick,
    withoutFault: !fault,
    times,
    seed,
  };
}
