import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Memory of some processes, in bytes. */
export interface Memory {
  readonly processes: number;
  /** Summed up: what several share counts several times. */
  readonly rss: number;
  /** Memory that several share is divided by their number. Undefined where the system doesn't tell. */
  readonly pss: number | undefined;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly rss: number;
}

function allProcesses(): Process[] {
  const { stdout, error } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  if (error) throw new Error(`ps doesn't run here (${error.message}); it tells what memory processes have.`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = 0, parent = 0, kibibytes = 0] = line.trim().split(/\s+/).map(Number);
      return { pid, parent, rss: kibibytes * 1024 };
    });
}

function proportional(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    // Not Linux, another user's, or gone since.
    return undefined;
  }
}

/**
 * The memory of each of these processes at one moment, with all that descend from it, but for those that descend from
 * another of them.
 */
export function memoryOf(pids: readonly number[]): Memory[] {
  const all = allProcesses();
  const childrenOf = Map.groupBy(
    all.filter(({ pid }) => !pids.includes(pid)),
    ({ parent }) => parent,
  );
  const family = (one: Process): Process[] => [one, ...(childrenOf.get(one.pid) ?? []).flatMap(family)];
  return pids.map((pid) => {
    const members = all.filter((one) => one.pid === pid).flatMap(family);
    const own = members.map((member) => ({
      processes: 1,
      rss: member.rss,
      pss: proportional(member.pid),
    }));
    return sumOf(own);
  });
}

export function sumOf(memories: readonly Memory[]): Memory {
  const shares = memories.map(({ pss }) => pss);
  return {
    processes: memories.reduce((sum, { processes }) => sum + processes, 0),
    rss: memories.reduce((sum, { rss }) => sum + rss, 0),
    pss: shares.every((share) => share !== undefined)
      ? shares.reduce((sum, share) => sum + share, 0)
      : undefined,
  };
}
