/** A configuration is replaced by one that its program takes, or stays. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** Looks at a new file, which is beside the one that it is to replace. Throws with what is wrong. */
export type Check = (candidate: string) => void;

/** Replaces a file in one step, after `check` has found nothing wrong. Throws what that throws, or the file system's error. */
export function replaceChecked(path: string, content: string, check: Check, mode = 0o600): void {
  const name = `.new-${process.pid}-${randomBytes(4).toString('hex')}${extname(path)}`;
  const candidate = join(dirname(path), name);
  try {
    writeFileSync(candidate, content, { mode, flag: 'wx' });
    check(candidate);
    renameSync(candidate, path);
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** Has a program check a file: it ends with 0 when all is well. Throws an error with what it said otherwise. */
export function programChecks(command: string, args: readonly string[], about: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  if (status === 0) return;
  const said = (error?.message ?? `${stdout}${stderr}`).trim().split('\n').slice(-10).join('\n');
  throw new Error(
    `${about} is not replaced, since what it would become is refused:\n${said.replace(/^/gm, '    ')}`,
  );
}
