import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file in one step, so that no reader and no crash ever sees half of it.
 * Throws the file system's error (ENOSPC, EACCES, …).
 */
export function replaceFile(path: string, content: string, mode = 0o600): void {
  withTemporary(path, content, mode, (temporary) => renameSync(temporary, path));
}

/**
 * Makes a file unless it exists; of several makers at once exactly one wins, and all get the winner's content.
 * Throws the file system's error.
 */
export function createFileOnce(path: string, makeContent: () => string, mode = 0o600): string {
  const existing = readIfExists(path);
  if (existing !== undefined) return existing;
  withTemporary(path, makeContent(), mode, (temporary) => {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  });
  return readFileSync(path, 'utf8');
}

/** The file's text, or undefined when there is no such file. Throws any other file system error. */
export function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether an error is Node's system error with this code (`ENOENT`, `EEXIST`, …). */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function withTemporary(
  path: string,
  content: string,
  mode: number,
  publish: (temporary: string) => void,
): void {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' });
    // Whatever the umask of whoever runs this takes away.
    chmodSync(temporary, mode);
    publish(temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
