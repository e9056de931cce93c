/** Checks before containers are started, and advice where one fails. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { takenPorts } from '@sightline/servers/ports.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { docker } from '../images/docker.ts';
import { type ComposeService, composeFile, readRawFile } from './file.ts';
import type { ComposeSettings } from './settings.ts';

/** Elasticsearch maps its files into memory; its manual asks for this many. */
export const mapCount = 262_144;

/** Parts that others don't stand on, in the order in which a machine with less memory does without them. */
const skippedFirst = ['traces', 'logs', 'backup', 'metrics'] as const;

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/** A sentence for each thing that stands in the way. `isRunning`: whether a service has its ports already. */
export async function obstacles(
  services: readonly ComposeService[],
  { ports }: ComposeSettings,
  isRunning: (service: string) => boolean,
): Promise<readonly string[]> {
  const toStart = services.filter(({ name }) => !isRunning(name));
  return [
    ...(await takenPorts(toStart, ports)),
    ...(toStart.some(({ name }) => name === 'elasticsearch')
      ? fewMaps(readKernel('sys/vm/max_map_count'))
      : []),
    ...littleMemory(toStart, freeMemory()),
    ...unreadable(filesOf(toStart)),
  ];
}

/** @param text of vm.max_map_count; undefined where the kernel is not to be asked, as in Docker Desktop */
export function fewMaps(text: string | undefined): readonly string[] {
  const count = Number(text);
  return text === undefined || count >= mapCount
    ? []
    : [
        `vm.max_map_count is ${count}, and Elasticsearch needs ${mapCount}. Until the next boot: ` +
          `sudo sysctl -w vm.max_map_count=${mapCount}   (for good: a file in /etc/sysctl.d). Or leave the logs out: ` +
          'make up COMPONENTS=core,metrics',
      ];
}

/** @param free bytes */
export function littleMemory(services: readonly ComposeService[], free: number): readonly string[] {
  const needed = neededBy(services);
  if (free >= needed) return [];
  return [
    `${gigabytes(free)} GB of memory are free, and this takes about ${gigabytes(needed)} GB. Stop something, give ` +
      `Docker Desktop more, or ${whatFits(services, free)}`,
  ];
}

const neededBy = (services: readonly ComposeService[]) =>
  services.reduce((sum, { needed }) => sum + needed, 0);

/** Which parts can be started with this much memory, as a command. */
function whatFits(services: readonly ComposeService[], free: number): string {
  let left = services;
  for (const part of skippedFirst) {
    left = left.filter(({ group }) => group !== part);
    if (left.length === services.length || neededBy(left) > free) continue;
    const parts = new Set(left.map(({ group }) => group));
    const out = new Set(services.map(({ group }) => group).filter((group) => !parts.has(group)));
    if (parts.size > 0)
      return `leave ${[...out].join(' and ')} out: make up COMPONENTS=${[...parts].join(',')}`;
  }
  return `start it natively: make up STACK=native (its core alone takes ${gigabytes(neededBy(left))} GB in Docker)`;
}

/** Bytes of memory that this machine has left; of Docker Desktop's virtual machine, what that has. */
function freeMemory(): number {
  const available = /^MemAvailable: +(\d+) kB$/m.exec(readKernel('meminfo') ?? '')?.[1];
  const dockers = Number(docker(['info', '--format={{.MemTotal}}']));
  return available === undefined ? dockers : Math.min(Number(available) * 1024, dockers);
}

/** Paths in the checkout that the containers of these services get: files, and the files of folders. */
function filesOf(services: readonly ComposeService[]): readonly string[] {
  const { configs } = readRawFile();
  const sources = services.flatMap(({ raw }) => [
    ...(raw.configs ?? []).map(({ source }) => configs[source]?.file ?? ''),
    ...(raw.volumes ?? []).flatMap((volume) => (typeof volume === 'string' ? [] : [volume.source])),
  ]);
  return [...new Set(sources)]
    .filter((source) => /^\.{1,2}\//.test(source))
    .map((source) => resolve(composeFile, '..', source));
}

/**
 * Each container has a user of its own, and none is the owner of the checkout.
 * @param paths files and folders; of node_modules just the folder is looked at
 */
export function unreadable(paths: readonly string[]): readonly string[] {
  const closed = [...new Set(paths.flatMap(withContents))].filter((path) => {
    const stats = statSync(path);
    const needed = stats.isDirectory() ? 0o005 : 0o004;
    return (stats.mode & needed) !== needed;
  });
  const [first] = closed;
  if (first === undefined) return [];
  const folders = [...new Set(closed.map((path) => relative(checkout, path).split('/')[0] ?? ''))];
  return [
    `${closed.length} files that containers read can be read by their owner only, as with umask 077 ` +
      `(${relative(checkout, first)}): chmod -R go+rX ${folders.join(' ')}`,
  ];
}

function withContents(path: string): readonly string[] {
  if (path.endsWith('/node_modules') || !statSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path).flatMap((name) => withContents(join(path, name)))];
}

function readKernel(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
