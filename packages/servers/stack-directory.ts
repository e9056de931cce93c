import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';

/** The file that marks a folder as a stack's own, which `make clean` may empty. */
const marker = '.sightline-stack';

/** Where everything of one stack is kept. All paths are absolute. */
export function pathsIn(directory: string) {
  return {
    state: join(directory, 'state.json'),
    lock: join(directory, 'up.lock'),
    secrets: join(directory, 'secrets'),
    demo: join(directory, 'demo.json'),
    log: (component: string) => join(directory, 'logs', `${component}.log`),
    data: (component: string) => join(directory, 'data', component),
    socket: socketPath(directory),
  };
}

/**
 * Makes the folder unless it exists. Throws a sentence when it can't be written, or holds something that isn't ours.
 */
export function ensureStackDirectory(directory: string): void {
  const problem = whyUnsafe(directory);
  if (problem) throw new Error(`STACK_DIR=${directory} ${problem}: choose a folder of its own.`);
  try {
    mkdirSync(join(directory, 'logs'), { recursive: true });
    mkdirSync(join(directory, 'secrets'), { recursive: true, mode: 0o700 });
    writeFileSync(
      join(directory, marker),
      'State, logs, data and secrets of a Sightline stack: see stack/README.md\n',
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `STACK_DIR=${directory} can't be written (${reason}): make room, or choose another folder.`,
      {
        cause: error,
      },
    );
  }
}

/** Removes what a stack leaves in its folder, and the folder itself when nothing else is in it. */
export function removeStack(directory: string): void {
  if (!existsSync(directory)) return;
  const problem =
    whyUnsafe(directory) ?? (existsSync(join(directory, marker)) ? undefined : 'holds no stack');
  if (problem) throw new Error(`Nothing removed: STACK_DIR=${directory} ${problem}.`);
  // The marker goes last, so that an interrupted removal can be repeated.
  const measured = [
    ...['bench.json', 'bench-scale.json', 'bench-footprint.json'],
    ...['flamegraph.svg', 'profile.cpuprofile'],
  ];
  for (const name of [
    ...['data', 'logs', 'secrets', 'load', 'report', 'demo.json', 'state.json', 'up.lock'],
    ...measured,
    marker,
  ]) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}

function whyUnsafe(directory: string): string | undefined {
  if (directory === dirname(directory)) return 'is the root of the file system';
  if (directory === homedir()) return 'is your home folder';
  if (`${checkout}/`.startsWith(`${directory}/`)) return 'holds the checkout';
  const foreign =
    existsSync(directory) && readdirSync(directory).length > 0 && !existsSync(join(directory, marker));
  return foreign ? 'has files that are not of a Sightline stack' : undefined;
}

/** Unix socket paths end at 104 bytes on macOS, so a deep folder's socket lives in the system's folder for them. */
function socketPath(directory: string): string {
  const inside = join(directory, 'supervisor.sock');
  if (Buffer.byteLength(inside) <= 100) return inside;
  return join(
    tmpdir(),
    `sightline-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`,
  );
}

/** The folder of a stack: `STACK_DIR`, `.stack` unless set; absolute. */
export const stackDirectoryOf = (environment: NodeJS.ProcessEnv) =>
  resolve(checkout, environment['STACK_DIR'] || '.stack');
