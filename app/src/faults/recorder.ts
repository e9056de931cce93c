import type { Recorder } from '../http/request-record.ts';
import type { RecorderFault } from './schema.ts';

/** Where the record of a request fails while a fault is on, outside the middleware that could catch it. */
export interface RecorderFaults {
  readonly recorder: Recorder;
  /**
   * Counts requests from 1 and fails at every n-th of them.
   * @returns what ends it
   */
  start(fault: RecorderFault): () => void;
}

/** The records of one process. */
export function createRecorderFaults(): RecorderFaults {
  let every: number | undefined;
  let counted = 0;
  return {
    recorder() {
      if (every === undefined) return;
      counted += 1;
      if (counted % every === 0)
        throw new Error(`A fault injected on purpose: every record of ${every} fails.`);
    },
    start(fault) {
      ({ every } = fault);
      counted = 0;
      return () => {
        every = undefined;
      };
    },
  };
}
