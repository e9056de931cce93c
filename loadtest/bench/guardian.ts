import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Guarded } from '@sightline/servers/guarded.ts';
import { checkout } from '@sightline/settings/checkout.ts';

/** Ends processes and removes folders when it is asked to, and also when the benchmark was killed. */
export interface Guardian {
  entrust(guarded: Guarded): void;
  /** Ends and removes it all, the last first. */
  release(): Promise<void>;
}

export function startGuardian(): Guardian {
  const guardian = spawn(process.execPath, ['stack/native/guardian.ts'], {
    cwd: checkout,
    // A session of its own: Ctrl-C reaches only the benchmark, and the closed pipe then tells it.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const gone = once(guardian, 'exit');
  return {
    entrust: (guarded) => guardian.stdin.write(`${JSON.stringify(guarded)}\n`),
    async release() {
      guardian.stdin.end();
      await gone;
    },
  };
}
