import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '@sightline/servers/process-identity.ts';
import { checkout } from '@sightline/settings/checkout.ts';

/** Layers that are the same in every run. */
export const cache = join(checkout, '.cache/images');

/** Works in a folder beside the cache that is removed afterwards, together with what runs left there that were killed. */
export async function inWorkshop(work: (workshop: string) => void | Promise<void>): Promise<void> {
  mkdirSync(cache, { recursive: true });
  for (const entry of readdirSync(cache)) {
    const pid = /^run-(\d+)-/.exec(entry)?.[1];
    const isLeft = pid !== undefined && identify(Number(pid)) === undefined;
    if (isLeft) rmSync(join(cache, entry), { recursive: true, force: true });
  }
  const workshop = mkdtempSync(join(cache, `run-${process.pid}-`));
  try {
    await work(workshop);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
