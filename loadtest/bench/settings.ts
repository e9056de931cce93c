/** The settings of `make bench`. */
import { integer, matching, optional, someOf } from '@sightline/settings/kinds.ts';
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
  /** The machine's name, where the run is to be kept. */
  readonly record: string | undefined;
}

const settings = {
  ROUNDS: { ...integer(1, 100), unset: '5' },
  SECONDS: { ...integer(1, 600), unset: '3' },
  CONNECTIONS: { ...integer(1, 1000), unset: '64' },
  ONLY: someOf(...variants.map(({ name }) => name)),
  KINDS: someOf(...kinds),
  RECORD: optional(
    matching('a name for this machine: small letters, digits and hyphens', /^[a-z0-9-]{1,40}$/),
  ),
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
    record: given.RECORD,
  };
}
