import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode, readIfExists } from './atomic-file.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

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
