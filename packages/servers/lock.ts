import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode, readIfExists } from './atomic-file.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { waitFor } from './readiness.ts';

/** The running process that holds a lock file; undefined when nobody does (a dead holder's lock counts as none). */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const text = readIfExists(path);
  if (text === undefined) return undefined;
  const holder = JSON.parse(text) as ProcessIdentity;
  return isRunning(holder) ? holder : undefined;
}

/**
 * Takes a lock file for this process. Returns the function that gives it back, or undefined while another running
 * process holds it. Throws the file system's error.
 */
export function takeLock(path: string): (() => void) | undefined {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)));
  try {
    // A link appears with its content, unlike a file that is created and then written.
    linkSync(mine, path);
    return () => rmSync(path, { force: true });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if (lockHolder(path) === undefined) removeStale(path, mine);
    return undefined;
  } finally {
    rmSync(mine, { force: true });
  }
}

export interface Waiting {
  /** The work of the holder, as in `build`. */
  readonly work: string;
  /** How long the holder may go on. */
  readonly minutes: number;
  /** Takes lines of progress. */
  readonly say: (line: string) => void;
  /** Ends the wait when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Takes a lock file, and waits for whoever holds it. @returns the function that gives it back */
export async function waitForLock(
  path: string,
  { work, minutes, say, signal }: Waiting,
): Promise<() => void> {
  let unlock = takeLock(path);
  if (unlock === undefined) {
    say(`waiting for another ${work} (process ${lockHolder(path)?.pid ?? 'just gone'}) …`);
    const free = () => {
      // Only looked at while it is held: to try to take it writes a file.
      if (lockHolder(path) === undefined) unlock = takeLock(path);
      return unlock !== undefined;
    };
    await waitFor(free, minutes * 60, `The other ${work} did not end`, signal);
  }
  return unlock as () => void;
}

function removeStale(path: string, mine: string): void {
  const aside = `${mine}.stale`;
  try {
    renameSync(path, aside);
    // Between the look and the move another process may have taken it: then it gets its lock back.
    if (lockHolder(aside) !== undefined) linkSync(aside, path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
