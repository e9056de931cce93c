import { integer } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

/** The settings of `make bench-scale`. */
export interface ScaleSettings {
  /** Todos in the large table. */
  readonly rows: number;
  /** Requests of each case. */
  readonly requests: number;
  readonly seed: number;
}

/** Todos in the table that the large one is compared with. */
export const smallRows = 10_000;

const settings = {
  ROWS: { ...integer(2 * smallRows, 100_000_000), unset: '10000000' },
  REQUESTS: { ...integer(5, 10_000), unset: '200' },
  SEED: { ...integer(0, 2 ** 31 - 1), unset: '1' },
};

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readScaleSettings(environment: Environment): ScaleSettings {
  const { ROWS: rows, REQUESTS: requests, SEED: seed } = readSettings(settings, environment);
  return { rows, requests, seed };
}
