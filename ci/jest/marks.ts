/** `?test=3` marks the modules of the third test file of a worker. */
export const mark = (testFile: number): string => `?test=${testFile}`;
/** The mark of a module's address; empty where it has none. */
export const markOf = (url: string | undefined): string => /\?test=\d+$/.exec(url ?? '')?.[0] ?? '';

/**
 * Writes the addresses of marked modules in the stacks of errors as paths, and leaves out the runner.
 * @param errors one, or arrays of them as jest-circus has them
 */
export function withPaths(errors: unknown): void {
  for (const error of [errors].flat(2)) {
    if (typeof error !== 'object' || error === null || !('stack' in error)) continue;
    if (typeof error.stack === 'string')
      error.stack = error.stack
        .replaceAll(/file:\/\/(\/[^\s?()]+)\?test=\d+/g, '$1')
        .replaceAll(/\n.*\/ci\/jest\/runner\.ts:.*/g, '');
  }
}
