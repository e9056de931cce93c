/** A real Chromium for tests and pictures: Debian's, or the one that `CHROMIUM` names. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function executable(): string | undefined {
  const given = process.env['CHROMIUM'];
  if (given) return existsSync(given) ? given : undefined;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** What to install where there is none; undefined where there is one. */
export function whyNoChromium(): string | undefined {
  if (executable() !== undefined) return undefined;
  return process.env['CHROMIUM']
    ? `CHROMIUM names ${process.env['CHROMIUM']}, which is not there.`
    : 'chromium is not on the PATH. Install it (Debian: chromium), or name a Chrome by CHROMIUM=.';
}

/** Starts it. It ends with this process. Throws a sentence where there is none. */
export async function startChromium(): Promise<Browser> {
  const executablePath = executable();
  if (executablePath === undefined) throw new Error(whyNoChromium());
  const { chromium } = await import('playwright-core');
  // Root may not use Chromium's sandbox, and what it opens here is our own page.
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath, chromiumSandbox: !isRoot, args: ['--disable-dev-shm-usage'] });
}
