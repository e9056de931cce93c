/**
 * `node tied.ts FOLDER PROGRAM [ARGUMENT ...]` runs a program for as long as stdin is open: when the test that holds it
 * ends in any way, killed included, so does the program, and FOLDER is removed.
 */

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { onInterrupt } from '@sightline/settings/interrupt.ts';

const [folder = '', program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
// Ctrl-C is for the test runner: this ends by its pipe.
onInterrupt(() => {});
process.stdin.on('close', () => child.kill('SIGTERM')).resume();
child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  process.exit(code ?? 1);
});
