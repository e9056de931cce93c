/** `BASE=main node ci/workflows/changed-areas.ts` prints `area=true|false` a line, for GITHUB_OUTPUT; without BASE all are true. */
import { spawnSync } from 'node:child_process';
import { type Area, areas, changedAreas } from './areas.ts';

/**
 * Paths that differ from where the branch began.
 * @throws Error with what Git says
 */
function changedPaths(base: string): readonly string[] {
  const args = ['diff', '--name-only', '--no-renames', `${base}...HEAD`, '--'];
  const { status, stdout, stderr, error } = spawnSync('git', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(
      `What was changed since BASE=${base} can't be said: ${(error?.message ?? stderr).trim()}`,
    );
  return stdout.split('\n').filter((path) => path !== '');
}

try {
  const base = process.env['BASE'];
  const changed = changedAreas(base ? changedPaths(base) : undefined);
  for (const area of Object.keys(areas)) console.log(`${area}=${changed.has(area as Area)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
