import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lockHolder, type Waiting, waitForLock } from './lock.ts';

const lockOf = (directory: string) => `${directory}.lock`;

/**
 * Makes an entry of a cache unless it is there: of several processes one does, and the others wait for it. What a
 * killed one leaves never counts as an entry, and goes with the next that is made in this cache.
 * @param directory of the entry, which appears when it is whole
 * @param make fills the folder that it is given, and returns what becomes the entry: that folder, or one in it
 */
export async function makeCacheEntry(
  directory: string,
  make: (folder: string) => string | Promise<string>,
  waiting: Waiting,
): Promise<void> {
  if (existsSync(directory)) return;
  const cache = dirname(directory);
  mkdirSync(cache, { recursive: true });
  const unlock = await waitForLock(lockOf(directory), waiting);
  try {
    if (existsSync(directory)) return;
    removeLeftovers(cache, basename(directory));
    const folder = mkdtempSync(join(cache, `.unfinished-${basename(directory)}-`));
    try {
      const made = await make(folder);
      // mkdtemp closes it to other users, who may have to run what is inside.
      chmodSync(made, 0o755);
      renameSync(made, directory);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    unlock();
  }
}

/** Only for the holder of the entry's lock: whoever makes one holds its lock for as long as its folder is there. */
function removeLeftovers(cache: string, ours: string): void {
  for (const name of readdirSync(cache)) {
    const entry = /^\.unfinished-(.*)-\w{6}$/.exec(name)?.[1];
    if (entry === undefined) continue;
    if (entry === ours || lockHolder(lockOf(join(cache, entry))) === undefined)
      rmSync(join(cache, name), { recursive: true, force: true });
  }
}
