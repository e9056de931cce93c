import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import type { Component } from './component.ts';

/** What the user may set about a stack, by variables of make or of the environment. */
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
export function readSettings(components: readonly Component[], environment: NodeJS.ProcessEnv): Settings {
  const ports = readPorts(
    components.flatMap((component) => component.ports),
    environment,
  );
  return { stackDirectory: stackDirectoryOf(environment), ports };
}

/**
 * Ports by the name of their setting: what the environment says, or their default.
 * Throws one error that names every wrong setting, what it got and what it takes.
 */
export function readPorts(
  declared: readonly { readonly setting: string; readonly default: number }[],
  environment: NodeJS.ProcessEnv,
): Record<string, number> {
  const ports: Record<string, number> = {};
  const problems: string[] = [];
  const users = new Map<number, string>();
  for (const { setting, default: fallback } of declared) {
    const text = environment[setting] ?? '';
    const port = text === '' ? fallback : Number(text);
    if (!/^\d*$/.test(text) || port < 1 || port > 65_535) {
      problems.push(`${setting} is "${text}"; it takes a TCP port from 1 to 65535.`);
      continue;
    }
    const other = users.get(port);
    if (other !== undefined)
      problems.push(`${setting} and ${other} are both ${port}; give one of them another port.`);
    users.set(port, setting);
    ports[setting] = port;
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return ports;
}

/** The port of a setting that the table declares. Throws for any other: a mistake in the table. */
export function portOf(settings: Settings, name: string): number {
  const port = settings.ports[name];
  if (port === undefined) throw new Error(`No component declares the port setting ${name}.`);
  return port;
}
