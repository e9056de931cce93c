/**
 * A process that outlives the one that started it. It ends and removes what it was entrusted with once its
 * stdin closes: when it is asked to, and also when that process was killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { isRunning, type ProcessIdentity, signal } from './process-identity.ts';
import { waitFor } from './readiness.ts';

/** Things that the guardian ends and removes, each in this order. */
export interface Guarded {
  /** A folder that something is mounted on. Whoever still uses that goes on doing so. */
  unmount?: string;
  /** A program of Node and its arguments, run to its end. */
  run?: readonly string[];
  process?: ProcessIdentity;
  remove?: string;
}

export interface Guardian {
  entrust(guarded: Guarded): void;
  /** Ends and removes it all, the last first. */
  release(): Promise<void>;
}

export function startGuardian(): Guardian {
  const guardian = spawn(process.execPath, [import.meta.filename], {
    // A session of its own: Ctrl-C reaches only who started it, and the closed pipe then tells it.
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

if (import.meta.main) {
  // It ends by its pipe alone.
  onInterrupt(() => {});
  const lines = (await text(process.stdin)).split('\n').filter((line) => line !== '');
  const entrusted = lines.map((line) => JSON.parse(line) as Guarded);
  for (const { unmount, run, process: own, remove } of entrusted.reverse()) {
    if (unmount) spawnSync('umount', ['--lazy', unmount]);
    if (run) spawnSync(process.execPath, run, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (own && signal(own, 'SIGKILL')) {
      await waitFor(() => !isRunning(own), 10, 'it did not end').catch(console.error);
    }
    if (remove) rmSync(remove, { recursive: true, force: true, maxRetries: 10 });
  }
}
