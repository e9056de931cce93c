/** `node tools/build.ts [PROGRAM ...]` builds what is not there yet (no name: all) and prints a line `name path` each. */
import { Interrupted, onInterrupt } from '@sightline/settings/interrupt.ts';
import { type ProgramName, toolOf, tools } from './table.ts';
import { tool } from './tools.ts';

const interrupted = new AbortController();
onInterrupt((signal) => interrupted.abort(new Interrupted(signal)));

const all = Object.values(tools).flatMap(({ programs }) => Object.keys(programs));
const named = process.argv.slice(2);
try {
  for (const name of named.length > 0 ? named : all) {
    toolOf(name);
    console.log(`${name} ${await tool(name as ProgramName, { signal: interrupted.signal })}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
