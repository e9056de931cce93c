import { totalmem } from 'node:os';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Labels } from '@sightline/telemetry/metrics.ts';

type Generation = Labels<'nodejs_heap_used_bytes'>['generation'];

const mebibyte = 1_048_576;
/** The least and most that V8 takes for a semi-space by itself, in bytes, and for a machine of how much memory. */
const smallestUsualSemiSpace = 2 * mebibyte;
const largestUsualSemiSpace = 32 * mebibyte;
const memoryToSemiSpace = 128;
/** Two that it is copied between, and as much again for objects too large to be copied. */
const semiSpacesOfYoung = 3;

const youngSpaces: ReadonlySet<string> = new Set(['new_space', 'new_large_object_space']);

const nextPowerOfTwo = (bytes: number) => 2 ** Math.ceil(Math.log2(bytes));
const usualSemiSpace = (memory: number) =>
  Math.max(
    smallestUsualSemiSpace,
    Math.min(largestUsualSemiSpace, nextPowerOfTwo(memory / memoryToSemiSpace)),
  );

/**
 * Bytes that the young generation may take, as V8 reckons it at the start (Heap::ConfigureHeap and
 * Heap::YoungGenerationSizeFromSemiSpaceSize in its src/heap/heap.cc): three semi-spaces of the size in
 * `--max-semi-space-size`, or else of a size for the memory that Node.js tells it of. Semi-spaces are powers
 * of two. `--max-heap-size` is not looked at: with it semi-spaces may be smaller than this.
 * @param options of Node.js; of two that are the same the last one holds
 * @param memory of the machine or control group, in bytes
 */
export function youngGenerationLimit(options: string, memory: number): number {
  const [, given] = [...options.matchAll(/--max[-_]semi[-_]space[-_]size=(\d+)/g)].at(-1) ?? [];
  // V8 takes 0 as not given.
  const semiSpace = Number(given) ? nextPowerOfTwo(Number(given) * mebibyte) : usualSemiSpace(memory);
  return semiSpacesOfYoung * semiSpace;
}

/** The limit of this process, for as long as it runs: V8 does not look at its options or the memory again. */
const youngLimit = youngGenerationLimit(
  [process.env['NODE_OPTIONS'], ...process.execArgv].join(' '),
  Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
);

/**
 * Bytes that the old generation may take: V8 ends a process that needs more. Its own limit of the heap
 * includes the young generation, which nothing that lasts is kept in.
 */
export const oldGenerationLimit = (): number => getHeapStatistics().heap_size_limit - youngLimit;

/** Bytes of the heap that are in use. Objects are young until they have outlived two collections. */
export function usedHeap(): Record<Generation, number> {
  const used = { young: 0, old: 0 };
  for (const { space_name, space_used_size } of getHeapSpaceStatistics())
    used[youngSpaces.has(space_name) ? 'young' : 'old'] += space_used_size;
  return used;
}
