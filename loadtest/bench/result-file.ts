import { join } from 'node:path';
import { readIfExists, replaceFile } from '../../stack/native/atomic-file.ts';
import { shortPath } from '../../stack/native/report.ts';
import { stackDirectoryOf } from '../../stack/native/settings.ts';
import { ensureStackDirectory } from '../../stack/native/stack-directory.ts';

/** Writes what was measured into the stack's folder. @returns the path as people type it */
export function writeResult(name: string, result: object): string {
  const directory = stackDirectoryOf(process.env);
  ensureStackDirectory(directory);
  const path = join(directory, name);
  replaceFile(path, `${JSON.stringify(result, null, 2)}\n`);
  return shortPath(path);
}

/** The same, but keeps the keys of before that the result lacks. */
export function addToResult(name: string, result: object): string {
  const before = readIfExists(join(stackDirectoryOf(process.env), name)) ?? '{}';
  return writeResult(name, { ...(JSON.parse(before) as object), ...result });
}
