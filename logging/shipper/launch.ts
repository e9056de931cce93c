import { join } from 'node:path';

/**
 * How Node.js runs a file of the shipper in 110 MB instead of 160: its garbage is much and young, glibc would give each
 * thread memory of its own, and what strips the types is needed only until its results are in the cache.
 * @param stateDirectory of the shipper
 */
export const shipperLaunch = (file: 'main.ts' | 'replay.ts', stateDirectory: string) => ({
  args: ['--max-semi-space-size=1', '--optimize-for-size', '--liftoff-only', join(import.meta.dirname, file)],
  env: { MALLOC_ARENA_MAX: '1', NODE_COMPILE_CACHE: join(stateDirectory, 'compile-cache') },
});
