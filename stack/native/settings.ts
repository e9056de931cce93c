import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { fixedPort } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings as readEnvironment } from '@sightline/settings/setting.ts';
import type { Component } from './component.ts';

/** The settings of a stack, by variables of make or of the environment. */
export interface Settings {
  /** Absolute. */
  stackDirectory: string;
  /** TCP ports by the name of their setting, as in `API_PORT`. */
  ports: Readonly<Record<string, number>>;
}

/**
 * Reads the settings that the table's ports declare and `STACK_DIR` (default `.stack`; relative to the checkout).
 * Throws one error that names every wrong setting, what it got and what it takes.
 */
export function readSettings(components: readonly Component[], environment: Environment): Settings {
  const ports = readPorts(
    components.flatMap((component) => component.ports),
    environment,
  );
  return { stackDirectory: stackDirectoryOf(environment), ports };
}

/**
 * Ports by the name of their setting: what the environment says, or their default.
 * @throws SettingsError that names every wrong setting, what it got and what it takes
 */
export function readPorts(
  declared: readonly { readonly setting: string; readonly default: number }[],
  environment: Environment,
): Readonly<Record<string, number>> {
  const table = Object.fromEntries(
    declared.map(({ setting, default: unset }) => [setting, { ...fixedPort, unset: String(unset) }]),
  );
  return readEnvironment(table, environment, { rules: [portsTakenTwice] });
}

/** A sentence for each setting whose port is another's, too. */
function portsTakenTwice(ports: Readonly<Record<string, number>>): string | undefined {
  const users = new Map<number, string>();
  const problems: string[] = [];
  for (const [setting, port] of Object.entries(ports)) {
    const other = users.get(port);
    if (other !== undefined)
      problems.push(`${setting} and ${other} are both ${port}; give one of them another port.`);
    users.set(port, setting);
  }
  return problems.length === 0 ? undefined : problems.join('\n');
}

/** The port of a setting that the table declares. Throws for any other: a mistake in the table. */
export function portOf(settings: Settings, name: string): number {
  const port = settings.ports[name];
  if (port === undefined) throw new Error(`No component declares the port setting ${name}.`);
  return port;
}
