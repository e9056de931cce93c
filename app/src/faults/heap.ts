import { Session } from 'node:inspector';
import { getHeapSpaceStatistics } from 'node:v8';
import { oldGenerationLimit } from '../telemetry/heap-generations.ts';
import type { HeapFault } from './schema.ts';

/** Numbers of 8 bytes in one of the arrays that are kept: 256 KiB, so that filling stops near its goal. */
const chunkLength = 32_768;
/** Between two looks at the heap, and the longest of one, in milliseconds: half of the time is left to requests. */
const intervalMs = 20;
const longestFillMs = 10;

/**
 * In bytes, with the large objects that are still young, as what is kept is at first: the next collection makes them
 * old. Without them the heap would be filled far beyond its goal.
 */
function usedSoon(): number {
  const lasting = getHeapSpaceStatistics().filter(({ space_name }) => space_name !== 'new_space');
  return lasting.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

/** V8 is in no hurry to: an idle process would look full long after. It happens soon, not at once. */
function collectGarbage(): void {
  const session = new Session();
  session.connect();
  // Not in the callback itself: Node.js 26 then hangs.
  session.post('HeapProfiler.collectGarbage', () => setImmediate(() => session.disconnect()));
}

/**
 * Keeps the old generation of the heap filled to a share of its limit.
 * @returns what frees it
 */
export function fillHeap({ share }: HeapFault): () => void {
  const kept: number[][] = [];
  const goal = share * oldGenerationLimit();
  const timer = setInterval(() => {
    const end = performance.now() + longestFillMs;
    while (usedSoon() < goal && performance.now() < end) kept.push(new Array(chunkLength).fill(0.5));
  }, intervalMs).unref();
  return () => {
    clearInterval(timer);
    kept.length = 0;
    collectGarbage();
  };
}
