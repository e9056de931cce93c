import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder } from '@sightline/settings/cache.ts';
import { buildTool, saysRelease } from './build-tool.ts';
import { goVersionIn, whyNoGo } from './go.ts';
import { type ProgramName, type Tool, type ToolName, toolOf, tools } from './table.ts';

/** A tool that is neither there nor can be built here. The message says what to install, and what is not without it. */
export class MissingTool extends Error {}

export interface Wish {
  /** Ends a build when it aborts. */
  signal?: AbortSignal;
  /** Takes lines of progress; stderr by default. */
  say?: (line: string) => void;
}

/**
 * The path of a program: one of the right release on the PATH, or the one in the cache, built first if need be.
 * Throws `MissingTool`, the reason of `signal`, or an error with what Go said.
 */
export async function tool(
  program: ProgramName,
  { signal, say = console.error }: Wish = {},
): Promise<string> {
  const place = placeOf(toolOf(program));
  const found = present(program, place);
  if (found !== undefined) return found;
  const missing = whyNotBuilt(program, place);
  if (missing !== undefined) throw new MissingTool(missing);
  await buildTool({ ...place, signal, say });
  return join(place.directory, program);
}

/** The path of a program that `tool` has given before in this or another process; undefined when it is not there. */
export function toolIfPresent(program: ProgramName): string | undefined {
  return present(program, placeOf(toolOf(program)));
}

/**
 * The message of the `MissingTool` that `tool` would throw; undefined when the program is there or can be
 * built.
 */
export function whyMissing(program: ProgramName): string | undefined {
  const place = placeOf(toolOf(program));
  return present(program, place) === undefined ? whyNotBuilt(program, place) : undefined;
}

interface Place {
  tool: Tool;
  module: string;
  directory: string;
}

/** Where a tool's programs are or will be: another folder whenever what they are built from changes. */
function placeOf(name: ToolName): Place {
  const module = join(import.meta.dirname, name);
  const tool: Tool = tools[name];
  const builtFrom = [tool.programs, tool.tags, tool.release, tool.releaseIn, process.platform, process.arch];
  const hash = createHash('sha256').update(JSON.stringify(builtFrom));
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(module, file)));
  return {
    tool,
    module,
    directory: join(cacheFolder('tools'), `${name}-${hash.digest('hex').slice(0, 12)}`),
  };
}

function present(program: ProgramName, { tool, directory }: Place): string | undefined {
  const built = join(directory, program);
  return existsSync(built) ? built : onThePath(program, tool);
}

function onThePath(program: ProgramName, tool: Tool): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file) && saysRelease(file, tool));
}

function whyNotBuilt(program: ProgramName, { tool, module }: Place): string | undefined {
  const goVersion = goVersionIn(readFileSync(join(module, 'go.mod'), 'utf8'));
  const reason = whyNoGo(goVersion);
  if (reason === undefined) return undefined;
  return (
    `${program} can't be built: ${reason}. Install Go ${goVersion} or newer (https://go.dev/dl), or put ` +
    `${program} ${tool.release} on the PATH. Without it ${tool.without}.`
  );
}
