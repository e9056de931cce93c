/** The settings of `make bench`. */
import { integer, someOf } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';
import { type Kind, kinds } from './kinds.ts';
import { type Variant, variants } from './variants.ts';

export interface Settings {
  readonly rounds: number;
  /** Seconds that each measurement takes. */
  readonly seconds: number;
  readonly connections: number;
  readonly variants: readonly Variant[];
  readonly kinds: readonly Kind[];
}

const settings = {
  ROUNDS: { ...integer(1, 100), unset: '5' },
  SECONDS: { ...integer(1, 600), unset: '3' },
  CONNECTIONS: { ...integer(1, 1000), unset: '64' },
  ONLY: someOf(...variants.map(({ name }) => name)),
  KINDS: someOf(...kinds),
};

/** @throws SettingsError that names every wrong variable, what it got and what it takes */
export function readBench(environment: Environment): Settings {
  const given = readSettings(settings, environment);
  return {
    rounds: given.ROUNDS,
    seconds: given.SECONDS,
    connections: given.CONNECTIONS,
    variants: variants.filter(({ name }) => given.ONLY.includes(name)),
    kinds: given.KINDS,
  };
}
