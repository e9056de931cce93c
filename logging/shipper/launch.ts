import { join } from 'node:path';

/**
 * Arguments of Node.js for a file of the shipper. Its garbage is young and much, and the WebAssembly that strips types
 * runs for a moment only: without these flags both would cost 20 MB of memory.
 */
export const nodeArguments = (file: 'main.ts' | 'replay.ts') => [
  '--max-semi-space-size=1',
  '--liftoff-only',
  join(import.meta.dirname, file),
];
