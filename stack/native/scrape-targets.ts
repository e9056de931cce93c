import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@sightline/servers/atomic-file.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import type { Settings } from './settings.ts';

/** Prometheus' configuration, with `targets/` and `rules/` beside it, as monitoring/prometheus expects them. */
export const prometheusConfigurationFolder = (settings: Settings) =>
  join(pathsIn(settings.stackDirectory).data('prometheus'), 'configuration');

const targetsFolder = (settings: Settings) => join(prometheusConfigurationFolder(settings), 'targets');

/**
 * Has Prometheus scrape an address (`host:port`), or several, in a job. It stays a target when its component stops: then it is down.
 * Throws the file system's error.
 */
export function writeTarget(
  settings: Settings,
  job: string,
  target: string | readonly string[],
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = targetsFolder(settings);
  mkdirSync(folder, { recursive: true });
  replaceFile(join(folder, `${job}.json`), `${JSON.stringify([{ targets: [target].flat(), labels }])}\n`);
  return Promise.resolve();
}

/** Removes the targets of the last stack, which this one may not run. */
export function forgetTargets(settings: Settings): void {
  rmSync(targetsFolder(settings), { recursive: true, force: true });
}
