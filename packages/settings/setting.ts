/** How a process of ours is told what it is to do: by environment variables that one table declares. */
import { readFileSync } from 'node:fs';
import { type Kind, WrongPart } from './kinds.ts';

/** One environment variable: what it takes, and what it is when unset. */
export interface Setting<Value> extends Kind<Value> {
  /** Its purpose, where a page lists it. */
  readonly about?: string;
  /** The text used when the variable is unset or empty. Without one it has to be set, unless its kind is optional. */
  readonly unset?: string;
  /** May also be given as `NAME_FILE`, the path of a file that holds it. */
  readonly file?: true;
  /** Never printed; may be given as `NAME_FILE`, too. */
  readonly secret?: true;
}

/** Settings by the name of their environment variable. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table's settings, by the same names. */
export type ValuesOf<Table extends SettingTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Kind<infer Value> ? Value : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment makes no settings. The message has one line for each that is wrong. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  /** @param heading where all settings are listed; none where they are few */
  constructor(problems: readonly string[], heading?: string) {
    super(heading === undefined ? problems.join('\n') : [heading, ...problems].join('\n  '));
    this.problems = problems;
  }
}

/** Whether a setting may be given as `NAME_FILE`. */
export const isFromFile = ({ file, secret }: Setting<unknown>): boolean => file === true || secret === true;

/** Whether a table reads a variable: a setting, or `NAME_FILE` of one that may be given so. */
export function isVariableOf(table: SettingTable, variable: string): boolean {
  const ofFile = table[variable.replace(/_FILE$/, '')];
  return variable in table || (ofFile !== undefined && isFromFile(ofFile));
}

/** The text of a setting: from NAME, from the file that NAME_FILE names, or the default. */
function textOf(name: string, setting: Setting<unknown>, environment: Environment): string | undefined {
  const direct = environment[name] || undefined;
  const file = isFromFile(setting) ? environment[`${name}_FILE`] || undefined : undefined;
  if (direct !== undefined && file !== undefined)
    throw new SettingsError([`${name} is set, and so is ${name}_FILE; set one of them.`]);
  if (file === undefined) return direct ?? setting.unset;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new SettingsError([`${name}_FILE is "${file}", which can't be read: ${(error as Error).message}`]);
  }
}

/** An address without what is before its @: a password may be in it where none belongs. */
export function withoutUser(text: string): string {
  const [scheme, rest] = text.split(/(?<=\/\/)(.*)/s, 2);
  return rest?.includes('@') ? `${scheme}…${rest.slice(rest.lastIndexOf('@'))}` : text;
}

function readOne(name: string, setting: Setting<unknown>, environment: Environment): unknown {
  const given = textOf(name, setting, environment);
  if (given === undefined) {
    if (setting.optional) return undefined;
    throw new SettingsError([`${name} is not set; it takes ${setting.takes}.`]);
  }
  let wrong = '';
  try {
    const value = setting.parse(given);
    if (value !== undefined) return value;
  } catch (error) {
    // Another error could quote a secret; what the setting takes says enough.
    if (error instanceof WrongPart && error.part !== given)
      wrong = `, of which ${JSON.stringify(withoutUser(error.part))} is wrong`;
  }
  const got = setting.secret
    ? "has a value that isn't shown, since it is a secret"
    : `is ${JSON.stringify(withoutUser(given))}${wrong}`;
  throw new SettingsError([`${name} ${got}; it takes ${setting.takes}.`]);
}

/**
 * Reads the settings of a table; the result is frozen.
 * @param rules are asked when each setting is right by itself: a sentence says what is wrong with several together
 * @param heading of the error
 * @throws SettingsError that names every wrong variable, what it got (never a secret) and what it takes
 */
export function readSettings<const Table extends SettingTable>(
  table: Table,
  environment: Environment,
  {
    rules = [],
    heading,
  }: {
    readonly rules?: readonly ((values: ValuesOf<Table>) => string | undefined)[];
    readonly heading?: string;
  } = {},
): ValuesOf<Table> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    try {
      values[name] = readOne(name, setting, environment);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
    }
  }
  const typed = Object.freeze(values) as ValuesOf<Table>;
  if (problems.length === 0) problems.push(...rules.flatMap((rule) => rule(typed) ?? []));
  if (problems.length > 0) throw new SettingsError(problems, heading);
  return typed;
}
