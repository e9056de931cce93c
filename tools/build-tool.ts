import { spawn, spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeCacheEntry } from '@sightline/servers/cache-entry.ts';
import { killIfThere } from '@sightline/servers/process-identity.ts';
import { goEnvironment } from './go.ts';
import type { Tool } from './table.ts';

/** Several times what the longest takes on two cores with an empty module cache. */
const buildMinutes = 30;

export interface Build {
  tool: Tool;
  /** The folder with `go.mod` and `go.sum`. */
  module: string;
  /** Where the programs appear, all at once; it has not existed so far. */
  directory: string;
  /** Takes lines of progress. */
  say: (line: string) => void;
  /** Ends the build when it aborts. */
  signal?: AbortSignal | undefined;
}

/**
 * Builds the programs of one tool, unless another process has done so meanwhile.
 * Throws the reason of `signal`, or an error with what Go said.
 */
export async function buildTool({ tool, module, directory, say, signal }: Build): Promise<void> {
  const list = Object.keys(tool.programs).join(', ');
  const build = async (folder: string) => {
    say(`building ${list} ${tool.release}, about ${tool.seconds} s on two cores …`);
    const began = performance.now();
    await goBuild(tool, module, folder, signal);
    for (const [program, goPackage] of Object.entries(tool.programs))
      renameSync(join(folder, builtName(goPackage)), join(folder, program));
    for (const program of Object.keys(tool.programs))
      if (!saysRelease(join(folder, program), tool))
        throw new Error(`${program} was built, and does not say that it is of release ${tool.release}.`);
    say(`built ${list} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return folder;
  };
  await makeCacheEntry(directory, build, { work: `build of ${list}`, minutes: buildMinutes, say, signal });
}

/** Whether a program says that it is of the release of its tool. */
export function saysRelease(file: string, { release, versionArgument = '--version' }: Tool): boolean {
  const run = spawnSync(file, [versionArgument], { encoding: 'utf8', timeout: 10_000 });
  const words = `${run.stdout}\n${run.stderr}`.split(/[\s,()]+/);
  return words.includes(release) || words.includes(`v${release}`);
}

/**
 * Go's name for a program: the last part of its package, but for a major version (`…/kube-state-metrics/v2`).
 */
const builtName = (goPackage: string) => basename(goPackage.replace(/\/v\d+$/, ''));

/**
 * Compiles what all tools have in common: builds that begin together would each compile it, as none is in Go's cache yet.
 * @param module the folder of any of them
 */
export const buildCommon = (module: string, signal: AbortSignal) =>
  runGo(['build', '-trimpath', 'net/http'], module, signal);

function goBuild(
  { release, releaseIn, tags = [], programs }: Tool,
  module: string,
  output: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stamp = releaseIn === undefined ? '' : ` -X ${releaseIn}=${release}`;
  const args = [
    'build',
    '-trimpath',
    `-tags=${tags.join(',')}`,
    `-ldflags=-s -w${stamp}`,
    '-o',
    `${output}/`,
  ];
  return runGo([...args, ...Object.values(programs)], module, signal);
}

async function runGo(
  args: readonly string[],
  module: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const child = spawn('go', args, {
    cwd: module,
    env: { ...process.env, ...goEnvironment },
    stdio: ['ignore', 'ignore', 'pipe'],
    // With a signal to end it by, a process group: Go's compilers end with it. Without, Ctrl-C reaches them all.
    detached: signal !== undefined,
  });
  let problems = '';
  child.stderr.on('data', (chunk: Buffer) => {
    problems += chunk.toString();
  });
  const end = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killedBy) => resolve(killedBy ?? String(code)));
  });
  const kill = () => {
    if (child.pid === undefined) return;
    killIfThere(signal === undefined ? child.pid : -child.pid, 'SIGKILL');
  };
  const deadline = setTimeout(kill, buildMinutes * 60_000);
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();
  const how = await end;
  clearTimeout(deadline);
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (how === '0') return;
  const said = problems
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('go: downloading '))
    .slice(-20)
    .join('\n');
  throw new Error(`go build in ${module} ended with ${how}: ${said || 'it said nothing'}`);
}
