import { relative, resolve } from 'node:path';

/** The folder that holds the Makefile; absolute. */
export const checkout = resolve(import.meta.dirname, '../..');

/** A path as people type it: relative to the checkout where it is inside. */
export function shortPath(path: string): string {
  return path.startsWith(`${checkout}/`) ? relative(checkout, path) : path;
}
