/** What has to be so before containers are started, and what to do when it isn't. */
import { readFileSync } from 'node:fs';
import { docker } from '../images/docker.ts';
import { takenPorts } from '../native/ports.ts';
import type { ComposeService } from './file.ts';
import type { ComposeSettings } from './settings.ts';

/** Elasticsearch maps its files into memory; its manual asks for this many. */
export const mapCount = 262_144;

/** Of the limits of all services: they are what each may take, and not all take it. */
const usedShare = 0.75;

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
  const needed = services.reduce((sum, { memory }) => sum + memory, 0) * usedShare;
  return free >= needed
    ? []
    : [
        `${gigabytes(free)} GB of memory are free, and this takes about ${gigabytes(needed)} GB. Stop something, give ` +
          'Docker Desktop more, or leave parts out: make up COMPONENTS=core,metrics',
      ];
}

/** What this machine has left; of Docker Desktop's virtual machine, what that has. */
function freeMemory(): number {
  const available = /^MemAvailable: +(\d+) kB$/m.exec(readKernel('meminfo') ?? '')?.[1];
  const dockers = Number(docker(['info', '--format={{.MemTotal}}']));
  return available === undefined ? dockers : Math.min(Number(available) * 1024, dockers);
}

function readKernel(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
