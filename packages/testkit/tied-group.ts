/**
 * `node tied-group.ts FOLDER LAUNCH` runs a program in a process group of its own, whose id it tells its parent, for
 * as long as stdin is open: when the test that holds it ends in any way, killed included, the whole group is killed and
 * FOLDER removed. A program that ends before leaves its folder. LAUNCH is what `spawn` takes, as JSON.
 */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Launch } from '@sightline/servers/launch.ts';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { onInterrupt } from '@sightline/settings/interrupt.ts';

const [folder = '', launch = '{}'] = process.argv.slice(2);
const { command, args, env, ...options } = JSON.parse(launch) as Launch;
const child = spawn(command, args, {
  ...options,
  env: { ...process.env, ...env },
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
const kill = () => child.pid !== undefined && killIfThere(-child.pid, 'SIGKILL');
// Ctrl-C is for the test runner: this ends by its pipe.
onInterrupt(() => {});
process.stdin.on('close', kill).resume();
process.on('exit', () => {
  if (process.stdin.destroyed) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});
// Not on stdout, where it could come in the middle of a line of the program's.
child.on('spawn', () => process.send?.({ group: child.pid }, () => process.disconnect?.()));
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', () => {
  kill();
  process.exit(child.exitCode ?? 1);
});
