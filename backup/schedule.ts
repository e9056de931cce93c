/**
 * `node backup/schedule.ts 30m backup/backup.ts 7d backup/restore-drill.ts` runs programs of Node, each at once and then
 * as often as it says, one after the other, sooner after a failure: for where nothing else keeps a schedule. Kubernetes has CronJobs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { exitCodes, say } from './outcome.ts';
import { reasonOf } from './reason.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** One that failed is tried again after so long at most. */
const againMs = 600_000;
/** Longest wait at a stretch: a timer can't wait for more than 24 days. */
const longestPauseMs = 3_600_000;

interface Entry {
  readonly everyMs: number;
  readonly program: string;
  /** Due time by a clock that nobody sets: one that is set back would put off all backups. */
  due: number;
}

function readEntries(words: readonly string[]): Entry[] {
  const entries: Entry[] = [];
  for (let index = 0; index < words.length; index += 2) {
    const [every = '', program = ''] = words.slice(index, index + 2);
    const [, count = '', unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(every) ?? [];
    const everyMs = Number(count) * (units[unit] ?? 0);
    if (everyMs === 0 || program === '')
      throw new Error(`Got "${every} ${program}". Usage: node backup/schedule.ts 30m PROGRAM [7d PROGRAM …]`);
    entries.push({ everyMs, program, due: 0 });
  }
  if (entries.length === 0) throw new Error('Usage: node backup/schedule.ts 30m PROGRAM [7d PROGRAM …]');
  return entries;
}

/** Starts each when it is due, until it is told to stop: then the one under way is, too, and waited for. */
async function keep(entries: readonly Entry[]): Promise<void> {
  let child: ChildProcess | undefined;
  const stop = new AbortController();
  onInterrupt((signal) => {
    say(`Interrupted by ${signal}: nothing more is started.`);
    stop.abort();
    child?.kill(signal);
  });
  while (!stop.signal.aborted) {
    for (const entry of entries) {
      if (stop.signal.aborted || performance.now() < entry.due) continue;
      entry.due = performance.now() + entry.everyMs;
      child = spawn(process.execPath, [entry.program], { stdio: 'inherit' });
      const [code] = (await once(child, 'close')) as [number | null];
      // It says itself what went wrong. What comes once a week, such as a drill before the first backup, is not put off so long.
      if (code !== 0) entry.due = performance.now() + Math.min(entry.everyMs, againMs);
    }
    const next = Math.min(...entries.map(({ due }) => due)) - performance.now();
    await pause(Math.min(longestPauseMs, Math.max(0, next)), undefined, { signal: stop.signal }).catch(
      () => {},
    );
  }
}

try {
  await keep(readEntries(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${new Date().toISOString()} ${reasonOf(error)}\n`);
  process.exitCode = exitCodes.failed;
}
