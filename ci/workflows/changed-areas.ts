/** `BASE=main node ci/workflows/changed-areas.ts` prints `area=true|false` a line, for GITHUB_OUTPUT; without BASE all are true. */
import { pathsSince } from '../change.ts';
import { type Area, areas, changedAreas } from './areas.ts';

try {
  const base = process.env['BASE'];
  const changed = changedAreas(base ? pathsSince(base) : undefined);
  for (const area of Object.keys(areas)) console.log(`${area}=${changed.has(area as Area)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
