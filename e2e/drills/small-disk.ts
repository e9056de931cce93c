/**
 * The disk that drills fill: an image of a small file system, mounted where the stack keeps its log files. It is mounted
 * in a mount namespace of the drills' own, so it is gone when their last process is, however that ends.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@sightline/servers/atomic-file.ts';
import type { Launch } from '@sightline/servers/launch.ts';
import type { Settings } from '@sightline/stack/native/settings.ts';

/** Where it is mounted. */
export const smallDisk = ({ stackDirectory }: Pick<Settings, 'stackDirectory'>): string =>
  join(stackDirectory, 'logs');

/** Room for the logs of all drills; as a file with holes it takes as much as is written. */
const bytes = 1024 ** 3;

/** Set in the process that runs in a mount namespace of its own. */
const namespaceMark = 'SIGHTLINE_DRILL_NAMESPACE';

const succeeds = (command: string, ...args: readonly string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Why no disk can be mounted here. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'only root on Linux may mount the small disk that it fills';
  if (!succeeds('mkfs.ext4', '-V')) return 'mkfs.ext4 is missing (Debian: e2fsprogs)';
  if (!succeeds('unshare', '--mount', 'true')) return 'unshare can make no mount namespace here';
  return undefined;
}

/** Where a disk can be mounted: the command line that runs this program again in a mount namespace of its own. */
export function inOwnNamespace(
  environment: NodeJS.ProcessEnv,
): { command: string; args: readonly string[]; env: NodeJS.ProcessEnv } | undefined {
  if (environment[namespaceMark] !== undefined || whyNoSmallDisk() !== undefined) return undefined;
  return {
    command: 'unshare',
    args: [
      '--mount',
      '--propagation',
      'private',
      '--',
      process.execPath,
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    env: { ...environment, [namespaceMark]: '1' },
  };
}

/**
 * A launch of a program that looks for mounts at process 1, as node_exporter does: there it is that process itself, so
 * that it sees the disk.
 */
export const seeingMounts = (launch: Launch): Launch =>
  whyNoSmallDisk() === undefined
    ? {
        ...launch,
        command: 'unshare',
        args: ['--pid', '--fork', '--mount-proc', '--kill-child', '--', launch.command, ...launch.args],
      }
    : launch;

/** Why the disk is not mounted in this process's drills; undefined when it is. */
export function smallDiskHere(): string | undefined {
  return mounted ? undefined : (whyNoSmallDisk() ?? 'the small disk could not be mounted');
}
let mounted = false;

/**
 * Mounts it, for a stack that does not run yet.
 * @returns why that can't be; undefined when it is mounted
 */
export function mountSmallDisk(
  settings: Pick<Settings, 'stackDirectory'>,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const obstacle = whyNoSmallDisk();
  if (obstacle !== undefined) return obstacle;
  if (environment[namespaceMark] === undefined) return 'it does not run in a mount namespace of its own';
  const image = join(settings.stackDirectory, '..', 'disk.img');
  const folder = smallDisk(settings);
  mkdirSync(folder, { recursive: true });
  const steps = [
    ['truncate', '--size', String(bytes), image],
    // No block is kept for root, who the service may be.
    ['mkfs.ext4', '-q', '-m', '0', image],
    ['mount', '-o', 'loop', image, folder],
  ] as const;
  for (const [command, ...args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) return `${command} failed: ${stderr.trim()}`;
  }
  // The loop device keeps it until it is unmounted.
  rmSync(image);
  rmSync(join(folder, 'lost+found'), { recursive: true, force: true });
  mounted = true;
  return undefined;
}

const filler = (settings: Settings) => join(smallDisk(settings), 'filler');
const rest = (settings: Settings) => join(smallDisk(settings), 'rest');

/** The files that fill it now. */
export const fillersIn = (settings: Settings): readonly string[] =>
  [filler(settings), rest(settings)].filter((file) => existsSync(file));

/** Fills it until so large a share of it is used. Throws what fallocate said. */
export function fillSmallDisk(settings: Settings, share: number): void {
  const { blocks, bfree, bsize } = statfsSync(smallDisk(settings));
  const ours = statSync(filler(settings), { throwIfNoEntry: false })?.size ?? 0;
  const size = Math.floor((blocks * share - (blocks - bfree)) * bsize) + ours;
  const { status, stderr } = spawnSync('fallocate', ['--length', String(size), filler(settings)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`fallocate could not fill the disk: ${stderr.trim()}`);
}

/** Takes its last byte. */
export function useUpSmallDisk(settings: Settings): void {
  // The file system needs some of it for itself, so the last percents are written until it refuses.
  fillSmallDisk(settings, 0.95);
  const last = openSync(rest(settings), 'w');
  try {
    for (const block = Buffer.alloc(65_536); ; ) writeSync(last, block);
  } catch (error) {
    if (!hasCode(error, 'ENOSPC')) throw error;
  } finally {
    closeSync(last);
  }
}

export function emptySmallDisk(settings: Settings): void {
  for (const file of fillersIn(settings)) rmSync(file);
}
