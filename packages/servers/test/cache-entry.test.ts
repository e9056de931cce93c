import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeCacheEntry } from '../cache-entry.ts';

const waiting = { work: 'test', minutes: 1, say: () => {} };

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'sightline-cache-entry-test-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

/** Fills the folder, which takes until `until`. */
const slowly = (until: Promise<unknown>, made: string[]) => async (folder: string) => {
  made.push(folder);
  await until;
  writeFileSync(join(folder, 'content'), '');
  return folder;
};

test('entries are made side by side, each once, and none takes the unfinished folder of another for a leftover', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const made: string[] = [];
  const first = makeCacheEntry(join(cache, 'slow-1'), slowly(promise, made), waiting);
  const again = makeCacheEntry(join(cache, 'slow-1'), slowly(promise, made), waiting);
  await makeCacheEntry(join(cache, 'quick-1'), slowly(Promise.resolve(), made), waiting);
  expect(made.map((folder) => basename(folder).replace(/-\w{6}$/, ''))).toEqual([
    '.unfinished-slow-1',
    '.unfinished-quick-1',
  ]);
  expect(existsSync(made[0] ?? '')).toBe(true);
  resolve();
  await Promise.all([first, again]);
  expect(made).toHaveLength(2);
  expect(readdirSync(cache)).toEqual(['quick-1', 'slow-1']);
  expect(readdirSync(join(cache, 'slow-1'))).toEqual(['content']);
});

test('what nobody makes any more is removed, whichever entry it was to be', async () => {
  for (const name of ['.unfinished-other-2-abc123', '.unfinished-this-1-abc123'])
    mkdirSync(join(cache, name));
  // Nobody has this id, or it is somebody else's.
  writeFileSync(join(cache, 'other-2.lock'), JSON.stringify({ pid: 1, started: 'never' }));
  await makeCacheEntry(join(cache, 'this-1'), slowly(Promise.resolve(), []), waiting);
  expect(readdirSync(cache)).toEqual(['other-2.lock', 'this-1']);
});

test('one that fails leaves nothing, and the next makes it', async () => {
  const failing = async () => {
    await pause(1);
    throw new Error('no network');
  };
  await expect(makeCacheEntry(join(cache, 'entry-1'), failing, waiting)).rejects.toThrow('no network');
  expect(readdirSync(cache)).toEqual([]);
  await makeCacheEntry(join(cache, 'entry-1'), slowly(Promise.resolve(), []), waiting);
  expect(readdirSync(cache)).toEqual(['entry-1']);
});
