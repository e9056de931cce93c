/** `node tools/run.ts PROGRAM [ARGUMENT ...]` runs a tool, built first if need be, with its exit code as ours. */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { type ProgramName, toolOf } from './table.ts';
import { tool } from './tools.ts';

const [program = '', ...args] = process.argv.slice(2);
try {
  toolOf(program);
  const { status, signal, error } = spawnSync(await tool(program as ProgramName), args, { stdio: 'inherit' });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
