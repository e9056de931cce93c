import type { Launch } from '@sightline/servers/launch.ts';
import type { Readiness } from '@sightline/servers/readiness.ts';
import type { Settings } from './settings.ts';

interface Common {
  /** Lower case; names the log file, and the component in `C=` and `COMPONENTS=`. */
  name: string;
  /** Names a part of the stack in `COMPONENTS=` and `C=`, as its components do one by one. */
  group: string;
  /** Its use, for the table that `make up` prints. */
  summary: string;
  /** Components that are ready (a task: done) before this one starts. */
  dependsOn: readonly string[];
  /** Ports it listens on, each with the setting that moves it. */
  ports: readonly { setting: string; default: number }[];
  /** The address that people open or connect to. */
  address?: (settings: Settings) => string;
  /** Names what this machine lacks to run it; undefined: nothing. It is then shown as missing, and the rest runs. */
  needs?: (settings: Settings) => string | undefined;
  /** Work before each start, in the supervisor. It has to stop when `signal` aborts; `say` shows how far it is. */
  prepare?: (settings: Settings, signal: AbortSignal, say: (progress: string) => void) => Promise<void>;
  launch: (settings: Settings) => Launch;
  /** Seconds from the launch until it must be ready (a task: done), else it failed. */
  startSeconds: number;
  stopSignal: NodeJS.Signals;
  /** Seconds from the stop signal to SIGKILL. */
  stopSeconds: number;
  /** Whether `make up` fails when this fails. What isn't essential starts after all that is. */
  essential: boolean;
}

/** A long-lived process. */
export interface Service extends Common {
  kind: 'service';
  ready: (settings: Settings) => Readiness;
  /** The process that starts it again when it ends unasked. */
  restartedBy: 'supervisor' | 'nobody';
}

/** A process that runs once, to exit code 0. */
export interface Task extends Common {
  kind: 'task';
}

export type Component = Service | Task;

/** A table of components and what `make up` says when all of them are ready. */
export interface ComponentTable {
  components: readonly Component[];
  /** Runs before the first component of a stack starts, not when one is added to a running stack. */
  beforeStart?: (settings: Settings) => void;
  /**
   * The sentence about what the user can do while the rest still starts, once all that is essential among
   * `names` is ready.
   */
  usableAlready?: (settings: Settings, names: ReadonlySet<string>) => string | undefined;
  /** Runs after each successful `up`; resolves to what the user can try next. `names` are the components that run. */
  whatToTry?: (settings: Settings, names: ReadonlySet<string>) => Promise<string>;
}

/** Names of components, in which a group stands for all of its own. Unknown names stay. */
export function withoutGroups(components: readonly Component[], names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const members = components.filter(({ group }) => group === name);
    return members.length === 0 ? [name] : members.map((member) => member.name);
  });
}

/**
 * The named components (or groups) and all they depend on, in table order; no names: the whole table.
 * Throws an error that lists the known names when one is unknown.
 */
export function select(components: readonly Component[], names: readonly string[]): Component[] {
  const known = components.map(({ name }) => name);
  const given = withoutGroups(components, names);
  const unknown = given.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const groups = [...new Set(components.map(({ group }) => group))];
    throw new Error(
      `There is no component ${unknown.map((name) => `"${name}"`).join(', ')}. Known: ${known.join(', ')}, and the ` +
        `groups ${groups.join(', ')}.`,
    );
  }
  const wanted = new Set(names.length === 0 ? known : given);
  // A set's iteration also visits what is added on the way: the dependencies' dependencies.
  for (const name of wanted) for (const next of named(components, name).dependsOn) wanted.add(next);
  return components.filter(({ name }) => wanted.has(name));
}

/** The component of this name. Throws when there is none: a mistake in the table. */
export function named(components: readonly Component[], name: string): Component {
  const component = components.find((candidate) => candidate.name === name);
  if (component === undefined) throw new Error(`The table of components has no "${name}".`);
  return component;
}
