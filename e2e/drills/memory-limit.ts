/** A memory limit of the kernel for the API, set while it is down: a cgroup, which takes root on Linux. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, readIfExists } from '@sightline/servers/atomic-file.ts';
import type { Launch } from '@sightline/servers/launch.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import type { Settings } from '@sightline/stack/native/settings.ts';

const root = '/sys/fs/cgroup';
/** Version 2 has one tree, version 1 one for each controller. */
const trees = [
  { folder: join(root, 'memory'), limit: 'memory.limit_in_bytes' },
  { folder: root, limit: 'memory.max' },
] as const;
const treeHere = () =>
  trees.find(({ folder, limit }) => existsSync(join(folder, limit)) || isVersion2(folder));
const isVersion2 = (folder: string) =>
  (readIfExists(join(folder, 'cgroup.subtree_control')) ?? '').split(/\s/).includes('memory');

/** The file that names the cgroup of the API's next start; no file, no cgroup. */
export const memoryLimitFile = (settings: Settings): string =>
  join(pathsIn(settings.stackDirectory).data('api'), 'cgroup');

/** Why no limit can be set here. */
export function whyNoMemoryLimit(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may make a cgroup';
  return treeHere() === undefined ? 'there is no memory controller of cgroups' : undefined;
}

/** The launch inside the cgroup that the file names, if it does: the shell enters it and becomes the program. */
export function limitedTo(file: string, launch: Launch): Launch {
  const cgroup = readIfExists(file);
  if (cgroup === undefined) return launch;
  const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
  return { ...launch, command: 'sh', args: ['-c', script, cgroup, launch.command, ...launch.args] };
}

/** Has the next start of the API limited to so many bytes. Throws the file system's error. */
export function limitMemory(settings: Settings, bytes: number): void {
  const tree = treeHere();
  if (tree === undefined) throw new Error(whyNoMemoryLimit());
  const cgroup = join(tree.folder, `sightline-drill-${process.pid}`);
  mkdirSync(cgroup, { recursive: true });
  writeFileSync(join(cgroup, tree.limit), String(bytes));
  mkdirSync(pathsIn(settings.stackDirectory).data('api'), { recursive: true });
  writeFileSync(memoryLimitFile(settings), cgroup);
}

/** Ends it for the next start. */
export function forgetMemoryLimit(settings: Settings): void {
  rmSync(memoryLimitFile(settings), { force: true });
}

/** Removes cgroups of drills in which nothing runs any more, those of killed ones too. */
export function removeMemoryLimits(): void {
  const tree = treeHere();
  if (tree === undefined || process.getuid?.() !== 0) return;
  for (const name of readdirSync(tree.folder).filter((one) => one.startsWith('sightline-drill-'))) {
    const cgroup = join(tree.folder, name);
    if (readFileSync(join(cgroup, 'cgroup.procs'), 'utf8') !== '') continue;
    try {
      rmdirSync(cgroup);
    } catch (error) {
      // Its last process is about to go.
      if (!hasCode(error, 'EBUSY')) throw error;
    }
  }
}
