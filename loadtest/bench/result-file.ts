import { join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';
import { ensureStackDirectory, stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { shortPath } from '@sightline/settings/checkout.ts';

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
