/**
 * `node tools/build.ts [PROGRAM ...]` builds what is not there yet (no name: all) and prints a line `name path` each.
 * What takes longest begins first, and one tool more than there are cores is under way, since some wait for the network.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Interrupted, onInterrupt } from '@sightline/settings/interrupt.ts';
import { buildCommon } from './build-tool.ts';
import { type ProgramName, programs, type ToolName, toolOf, tools } from './table.ts';
import { tool, toolIfPresent, whyMissing } from './tools.ts';

const interrupted = new AbortController();
onInterrupt((signal) => interrupted.abort(new Interrupted(signal)));

/** Programs of one tool: the first builds it. */
async function build(names: readonly string[]): Promise<void> {
  for (const name of names)
    console.log(`${name} ${await tool(name as ProgramName, { signal: interrupted.signal })}`);
}

const problems = new Set<string>();
function fail(error: unknown): void {
  const problem = error instanceof Error ? error.message : String(error);
  // All that are under way end by the same interruption.
  if (!problems.has(problem)) console.error(problem);
  problems.add(problem);
  process.exitCode = 1;
}

try {
  const named = process.argv.slice(2);
  const byTool = Object.groupBy(named.length > 0 ? named : programs(), toolOf);
  const queue = (Object.keys(byTool) as ToolName[])
    .toSorted((one, other) => tools[other].seconds - tools[one].seconds)
    .map((name) => byTool[name] ?? []);
  const toBuild = queue
    .map(([name]) => name as ProgramName)
    .filter((name) => toolIfPresent(name) === undefined && whyMissing(name) === undefined);
  if (toBuild.length > 1) await buildCommon(join(import.meta.dirname, 'prometheus'), interrupted.signal);
  const worker = async () => {
    for (let names = queue.shift(); names !== undefined && !interrupted.signal.aborted; names = queue.shift())
      await build(names).catch(fail);
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
} catch (error) {
  fail(error);
}
