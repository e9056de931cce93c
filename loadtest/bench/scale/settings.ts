import { integer, optional } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

/** The settings of `make bench-scale`. */
export interface ScaleSettings {
  /** Todos in the large table. */
  readonly rows: number;
  /** Users in the large table, beside the one that is measured. */
  readonly users: number;
  /** Requests of each case. */
  readonly requests: number;
  readonly seed: number;
}

/** Todos in the table that the large one is compared with. */
export const smallRows = 10_000;

/** Users where nothing is said: a thousand todos for each on average. */
export const usersOf = (rows: number): number => Math.max(10, Math.round(rows / 1000));

const settings = {
  ROWS: { ...integer(2 * smallRows, 100_000_000), unset: '10000000' },
  USERS: optional(integer(10, 10_000_000)),
  REQUESTS: { ...integer(5, 10_000), unset: '200' },
  SEED: { ...integer(0, 2 ** 31 - 1), unset: '1' },
};

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readScaleSettings(environment: Environment): ScaleSettings {
  const { ROWS: rows, USERS, REQUESTS: requests, SEED: seed } = readSettings(settings, environment);
  return { rows, users: USERS ?? usersOf(rows), requests, seed };
}
