/** The settings of a stack in Docker: the same variables as for a native one. */
import { createHash } from 'node:crypto';
import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { readPorts } from '../native/settings.ts';
import type { ComposeService } from './file.ts';

export interface ComposeSettings {
  /** Absolute. */
  readonly stackDirectory: string;
  /** Docker's name for this stack: containers, networks and volumes begin with it. */
  readonly project: string;
  /** TCP ports by the name of their setting, of all services. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Parts that are started when nothing is said. Traces are for those who ask: a span costs every request. */
const usual: readonly string[] = ['core', 'metrics', 'logs', 'backup'];

/** Services by their names on a native stack, where those differ. */
const aliases: Readonly<Record<string, readonly string[]>> = { api: ['api-1', 'api-2', 'proxy'] };

/**
 * Reads STACK_DIR and the ports that the services declare.
 * @throws Error that names every wrong setting, what it got and what it takes
 */
export function readComposeSettings(
  services: readonly ComposeService[],
  environment: NodeJS.ProcessEnv,
): ComposeSettings {
  const stackDirectory = stackDirectoryOf(environment);
  const ports = readPorts(
    services.flatMap((service) => service.ports),
    environment,
  );
  return { stackDirectory, project: projectOf(stackDirectory), ports };
}

/** A stack of its own for each folder, also of two checkouts of this repository. */
export function projectOf(stackDirectory: string): string {
  return `sightline-${createHash('sha256').update(stackDirectory).digest('hex').slice(0, 8)}`;
}

/**
 * The named services, groups of them, and all they depend on, in the order of the file; no names: all but traces.
 * @throws Error that lists the known names when one is unknown
 */
export function selectServices(
  services: readonly ComposeService[],
  names: readonly string[],
): readonly ComposeService[] {
  const groups = new Set(services.map(({ group }) => group));
  const given = (names.length === 0 ? usual : names).flatMap((name) =>
    groups.has(name)
      ? services.filter(({ group }) => group === name).map((service) => service.name)
      : (aliases[name] ?? [name]),
  );
  const unknown = given.filter((name) => !services.some((service) => service.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no component ${unknown.map((name) => `"${name}"`).join(', ')}. Known: ` +
        `${services.map(({ name }) => name).join(', ')}, and the groups ${[...groups].join(', ')}.`,
    );
  const wanted = new Set(given);
  // A set's iteration also visits what is added on the way: the dependencies' dependencies.
  for (const name of wanted)
    for (const next of services.find((service) => service.name === name)?.dependsOn ?? []) wanted.add(next);
  return services.filter(({ name }) => wanted.has(name));
}
