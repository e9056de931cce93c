/** What `make bench` is told, by environment variables. */
import { type Kind, kinds } from './kinds.ts';
import { type Variant, variants } from './variants.ts';

export interface Settings {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly connections: number;
  readonly variants: readonly Variant[];
  readonly kinds: readonly Kind[];
}

type Environment = Readonly<Record<string, string | undefined>>;

function integer(environment: Environment, name: string, fallback: number, most: number): number {
  const text = environment[name] || String(fallback);
  const number = Number(text);
  if (/^\d{1,4}$/.test(text) && number >= 1 && number <= most) return number;
  throw new Error(`${name} is "${text}"; it takes an integer from 1 to ${most}.`);
}

/** What a list of names, with commas between them, names of all there are; all when it is empty. */
function chosen<One>(
  environment: Environment,
  name: string,
  all: readonly One[],
  nameOf: (one: One) => string,
): readonly One[] {
  const text = environment[name] ?? '';
  const wanted = text.split(',').flatMap((part) => part.trim() || []);
  const unknown = wanted.find((one) => !all.some((other) => nameOf(other) === one));
  if (unknown !== undefined)
    throw new Error(`${name} names "${unknown}"; there are ${all.map(nameOf).join(', ')}.`);
  return wanted.length === 0 ? all : all.filter((one) => wanted.includes(nameOf(one)));
}

/** @throws Error with a sentence for a wrong setting */
export function readBench(environment: Environment): Settings {
  return {
    rounds: integer(environment, 'ROUNDS', 5, 100),
    seconds: integer(environment, 'SECONDS', 3, 600),
    connections: integer(environment, 'CONNECTIONS', 64, 1000),
    variants: chosen(environment, 'ONLY', variants, ({ name }) => name),
    kinds: chosen(environment, 'KINDS', kinds, (kind) => kind),
  };
}
