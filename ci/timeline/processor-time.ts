/** How much processor time each check of `make test` takes, with all that it starts: read from Linux's /proc. */
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, setPriority } from 'node:os';
import { readIfReadable } from '@sightline/servers/process-identity.ts';

/** A variable that each check's processes inherit, and those that leave its process group too. */
export const checkVariable = 'SIGHTLINE_CHECK';

/** The unit of proc_pid_stat(5): `sysconf(_SC_CLK_TCK)` is 100 on every platform of Linux that Node runs on. */
const ticksPerSecond = 100;
const sampleMs = 500;

interface Process {
  readonly parent: number;
  /** Opaque: ids are reused. */
  readonly started: string;
  /** Processor seconds of its own and of the children that it has waited for. */
  readonly seconds: number;
}

/** A share of all cores that was busy until a time, in milliseconds since 1970. */
export interface Load {
  readonly at: number;
  readonly cores: number;
}

export interface ProcessorTimes {
  /** Seconds by check; nothing where there is no /proc. */
  readonly seconds: ReadonlyMap<string, number>;
  /** The load of the whole machine. */
  readonly load: readonly Load[];
}

/** Fields 4, 14 to 17 and 22 of proc_pid_stat(5); the second is the program's name, which may hold anything. */
export function parseStat(stat: string): Process {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(fields[1]), started: fields[19] ?? '', seconds: ticks / ticksPerSecond };
}

/** Processor time of this process and of the children that it has waited for, in seconds; 0 where there is no /proc. */
export function ownProcessorSeconds(): number {
  const stat = readIfReadable('/proc/self/stat');
  return stat === undefined ? 0 : parseStat(stat).seconds;
}

const checkIn = new RegExp(`(?:^|\\0)${checkVariable}=([^\\0]+)`);

/** nice(1) of checks that give way: a third of the share of others where both want a core. */
const niceOfBackground = 5;

/**
 * Lets a process and its session have less of a core that others want.
 * @param nice as of setpriority(2). Where Linux shares out the cores by session (sched(7), "The autogroup feature"), that of
 *   a process counts within its session only
 * @returns whether that is all: who isn't root may change one session in a tenth of a second
 */
function giveWay(pid: number, nice: number): boolean {
  const autogroup = `/proc/${pid}/autogroup`;
  try {
    setPriority(pid, nice);
    if (!readIfReadable(autogroup)?.endsWith(` nice ${nice}\n`)) writeFileSync(autogroup, String(nice));
    return true;
  } catch (error) {
    // Otherwise it has ended, it is another user's, or there is no autogroup.
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}

/** Sums up the processor time of checks. What lives for less than half a second counts if its parent waits for it. */
export class ProcessorTime {
  /** Seconds of the processes that have ended, by check. */
  readonly #ended = new Map<string, number>();
  #alive = new Map<number, Process & { readonly check: string | undefined }>();

  /**
   * @param processes all that there are, by id
   * @param environmentOf of a process, as /proc has it
   * @returns the processes that were not there before, with their check
   */
  add(
    processes: ReadonlyMap<number, Process>,
    environmentOf: (pid: number) => string | undefined,
  ): readonly { readonly pid: number; readonly check: string | undefined }[] {
    const alive = new Map<number, Process & { readonly check: string | undefined }>();
    const checkOf = (pid: number): string | undefined => {
      const one = processes.get(pid);
      if (one === undefined) return undefined;
      const before = alive.get(pid) ?? this.#alive.get(pid);
      if (before?.started === one.started && before.check !== undefined) return before.check;
      // PostgreSQL writes its state where its environment was.
      return checkIn.exec(environmentOf(pid) ?? '')?.[1] ?? checkOf(one.parent);
    };
    for (const [pid, one] of processes) alive.set(pid, { ...one, check: checkOf(pid) });
    for (const [pid, { check, parent, started, seconds }] of this.#alive) {
      if (check === undefined || alive.get(pid)?.started === started) continue;
      // Its parent has waited for it, and its time is the parent's now.
      if (alive.get(parent)?.check === check) continue;
      this.#ended.set(check, (this.#ended.get(check) ?? 0) + seconds);
    }
    const before = this.#alive;
    this.#alive = alive;
    return [...alive]
      .filter(([pid, { started }]) => before.get(pid)?.started !== started)
      .map(([pid, { check }]) => ({ pid, check }));
  }

  seconds(): ReadonlyMap<string, number> {
    const all = new Map(this.#ended);
    for (const { check, seconds } of this.#alive.values())
      if (check !== undefined) all.set(check, (all.get(check) ?? 0) + seconds);
    return all;
  }
}

const busyMs = () =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);

function allProcesses(): ReadonlyMap<number, Process> {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [Number(pid), readIfReadable(`/proc/${pid}/stat`)] as const);
  return new Map(stats.flatMap(([pid, stat]) => (stat === undefined ? [] : [[pid, parseStat(stat)]])));
}

/**
 * Looks at all processes twice a second until it is stopped.
 * @param background checks whose processes give way to all others
 */
export function startSampling(
  background: ReadonlySet<string> = new Set(),
  nice = niceOfBackground,
): { peek(): ProcessorTimes; stop(): ProcessorTimes } {
  const time = new ProcessorTime();
  const load: Load[] = [];
  let inTheWay: readonly number[] = [];
  let last = { at: Date.now(), busy: busyMs() };
  const sample = () => {
    const now = { at: Date.now(), busy: busyMs() };
    if (now.at > last.at) load.push({ at: now.at, cores: (now.busy - last.busy) / (now.at - last.at) });
    last = now;
    if (process.platform !== 'linux') return;
    const newcomers = time.add(allProcesses(), (pid) => readIfReadable(`/proc/${pid}/environ`));
    const behind = newcomers.filter(({ check }) => background.has(check ?? '')).map(({ pid }) => pid);
    inTheWay = [...inTheWay, ...behind].filter((pid) => !giveWay(pid, nice));
  };
  const timer = setInterval(sample, sampleMs);
  timer.unref();
  const peek = () => ({ seconds: time.seconds(), load });
  return {
    peek,
    stop() {
      clearInterval(timer);
      sample();
      return peek();
    },
  };
}
