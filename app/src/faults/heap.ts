import { Session } from 'node:inspector';
import { getHeapStatistics } from 'node:v8';
import { Problem } from '../http/problem.ts';
import type { HeapFault } from './schema.ts';

/** Numbers of 8 bytes in one of the arrays that are kept: 256 KiB, so that filling stops near its goal. */
const chunkLength = 32_768;
/** Between two looks at the heap, and the longest of one, in milliseconds: half of the time is left to requests. */
const intervalMs = 20;
const longestFillMs = 10;

const mebibyte = 1_048_576;
/** What V8 takes without `--max-semi-space-size`, in MiB. */
const usualSemiSpace = 32;
/** Of the old generation; above it V8 finds its collections ineffective and ends the process. */
const fillableShare = 0.95;

/**
 * The share of the limit that can be filled. The limit of the heap includes three semi-spaces of the young generation,
 * which nothing that lasts is kept in.
 */
export function fillableHeap(limit: number, options: string): number {
  const [, semiSpace = usualSemiSpace] = /--max[-_]semi[-_]space[-_]size[= ](\d+)/.exec(options) ?? [];
  return ((limit - 3 * Number(semiSpace) * mebibyte) * fillableShare) / limit;
}

/** @throws Problem when V8 would end the process before so much is used */
export function checkHeap({ share }: HeapFault): void {
  const { heap_size_limit } = getHeapStatistics();
  const options = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ');
  const most = Math.floor(100 * fillableHeap(heap_size_limit, options)) / 100;
  if (share <= most) return;
  throw new Problem('validation-failed', 'The heap of this process can not be filled so far.', {
    errors: [
      {
        pointer: '#/heap/share',
        detail:
          `must be at most ${Math.max(0, most)} here, or V8 ends the process; a larger --max-old-space-size or a smaller ` +
          '--max-semi-space-size in NODE_OPTIONS leaves room for more, at the next start',
      },
    ],
  });
}

function usedShare(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return used_heap_size / heap_size_limit;
}

/** V8 is in no hurry to: an idle process would look full long after. It happens soon, not at once. */
function collectGarbage(): void {
  const session = new Session();
  session.connect();
  // Not in the callback itself: Node.js 26 then hangs.
  session.post('HeapProfiler.collectGarbage', () => setImmediate(() => session.disconnect()));
}

/**
 * Keeps the heap filled to a share of its limit.
 * @returns what frees it
 */
export function fillHeap({ share }: HeapFault): () => void {
  const kept: number[][] = [];
  const timer = setInterval(() => {
    const end = performance.now() + longestFillMs;
    while (usedShare() < share && performance.now() < end) kept.push(new Array(chunkLength).fill(0.5));
  }, intervalMs).unref();
  return () => {
    clearInterval(timer);
    kept.length = 0;
    collectGarbage();
  };
}
