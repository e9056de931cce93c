/**
 * Ends and removes what it reads on stdin, a JSON line each, once stdin closes: when the test file is through, and also
 * when jest was killed.
 */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Guarded } from '@sightline/servers/guarded.ts';
import { isRunning, signal } from '@sightline/servers/process-identity.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';
import { linesOf } from '@sightline/telemetry/lines.ts';
import { stopStack } from './down.ts';

// Ctrl-C and the like are for the runner: this ends by its pipe.
onInterrupt(() => {});
const entrusted: Guarded[] = [];
for await (const line of linesOf(process.stdin)) entrusted.push(JSON.parse(line));
for (const { unmount, stack, process, remove } of entrusted.reverse()) {
  if (unmount) spawnSync('umount', ['--lazy', unmount]);
  if (stack) await stopStack(stack).catch(console.error);
  if (process && signal(process, 'SIGKILL')) {
    await waitFor(() => !isRunning(process), 10, 'it did not end').catch(console.error);
  }
  if (remove) rmSync(remove, { recursive: true, force: true, maxRetries: 10 });
}
