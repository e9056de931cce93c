/**
 * `node backup/schedule.ts 30m backup/backup.ts 7d backup/restore-drill.ts` runs programs of Node, each at once and then
 * as often as it says, one after the other, sooner after a failure: for where nothing else keeps a schedule. Kubernetes has CronJobs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './outcome.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** One that failed is tried again after so long at most. */
const againMs = 600_000;
/** What a timer can wait for is 24 days. */
const longestPauseMs = 3_600_000;

interface Entry {
  readonly everyMs: number;
  readonly program: string;
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
    entries.push({ everyMs, program, due: Date.now() });
  }
  if (entries.length === 0) throw new Error('Usage: node backup/schedule.ts 30m PROGRAM [7d PROGRAM …]');
  return entries;
}

await run(async () => {
  const entries = readEntries(process.argv.slice(2));
  let child: ChildProcess | undefined;
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      stop.abort();
      child?.kill(name);
    });
  while (!stop.signal.aborted) {
    for (const entry of entries) {
      if (stop.signal.aborted || Date.now() < entry.due) continue;
      entry.due = Date.now() + entry.everyMs;
      child = spawn(process.execPath, [entry.program], { stdio: 'inherit' });
      const [code] = (await once(child, 'close')) as [number | null];
      // It says itself what went wrong. What comes once a week, such as a drill before the first backup, is not put off so long.
      if (code !== 0) entry.due = Date.now() + Math.min(entry.everyMs, againMs);
    }
    const next = Math.min(...entries.map(({ due }) => due)) - Date.now();
    await pause(Math.min(longestPauseMs, Math.max(0, next)), undefined, { signal: stop.signal }).catch(
      () => {},
    );
  }
});
