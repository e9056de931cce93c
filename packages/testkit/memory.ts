import { readFileSync } from 'node:fs';

/** The most memory a process has had, in bytes; undefined when it is gone, and where there is no /proc. */
export function maxMemory(pid: number | undefined): number | undefined {
  try {
    const [, kib] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
