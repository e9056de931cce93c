import type { EventLoopFault } from './schema.ts';

function keepBusy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  let now = performance.now();
  while (now < end) now = performance.now();
}

/**
 * Blocks the event loop again and again.
 * @returns what ends it
 */
export function blockEventLoop({ block_milliseconds, pause_milliseconds }: EventLoopFault): () => void {
  let timer = later(0);

  /** Blocks after a timer, the first time too: the answer to who asked for it goes out before. */
  function later(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      keepBusy(block_milliseconds);
      timer = later(pause_milliseconds);
    }, milliseconds).unref();
  }

  return () => clearTimeout(timer);
}
