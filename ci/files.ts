import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';

/** Paths, from the root of the checkout, of the files that match patterns of git: tracked ones and those that could be. */
export function filesOf(patterns: readonly string[]): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...patterns], {
    cwd: checkout,
    encoding: 'utf8',
  });
  // One that was deleted is listed until that is staged.
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(checkout, path)));
}
