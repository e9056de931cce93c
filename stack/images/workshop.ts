import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '@sightline/servers/process-identity.ts';
import { cacheFolder } from '@sightline/settings/cache.ts';

/** The folder of layers that are the same in every run. */
export const cache = () => cacheFolder('images');

/** Works in a folder beside the cache that is removed afterwards, together with what runs left there that were killed. */
export async function inWorkshop(work: (workshop: string) => void | Promise<void>): Promise<void> {
  const folder = cache();
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder)) {
    const pid = /^run-(\d+)-/.exec(entry)?.[1];
    const isLeft = pid !== undefined && identify(Number(pid)) === undefined;
    if (isLeft) rmSync(join(folder, entry), { recursive: true, force: true });
  }
  const workshop = mkdtempSync(join(folder, `run-${process.pid}-`));
  try {
    await work(workshop);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
