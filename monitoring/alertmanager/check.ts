import { type Check, programChecks } from '@sightline/tools/checked-file.ts';
import { toolIfPresent } from '@sightline/tools/tools.ts';

/** Has amtool look at what is to become `path`, where there is an amtool. Throws with what it said. */
export function amtoolChecks(path: string): Check {
  const amtool = toolIfPresent('amtool');
  return (candidate) => {
    if (amtool !== undefined) programChecks(amtool, ['check-config', candidate], path);
  };
}
