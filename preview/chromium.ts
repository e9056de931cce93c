/** A real Chromium for tests and pictures: Google's Chrome, Debian's Chromium, or the one that `CHROMIUM` names. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';

/** Chrome first: on Ubuntu 23.10 and later it alone comes with the AppArmor profile that its sandbox needs. */
const names = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'];

function executable(): string | undefined {
  const given = process.env['CHROMIUM'];
  if (given) return existsSync(given) ? given : undefined;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** Advice on installing Chromium where there is none; undefined where there is one. */
export function whyNoChromium(): string | undefined {
  if (executable() !== undefined) return undefined;
  return process.env['CHROMIUM']
    ? `CHROMIUM names ${process.env['CHROMIUM']}, which is not there.`
    : 'chromium is not on the PATH. Install it (Debian: chromium), or name a Chrome by CHROMIUM=.';
}

/** Starts it. It ends with this process. Throws a sentence where there is none, or where it doesn't start. */
export async function startChromium(): Promise<Browser> {
  const executablePath = executable();
  if (executablePath === undefined) throw new Error(whyNoChromium());
  const { chromium } = await import('playwright-core');
  // Root may not use Chromium's sandbox, and what it opens here is our own page.
  const isRoot = process.getuid?.() === 0;
  try {
    return await chromium.launch({
      executablePath,
      chromiumSandbox: !isRoot,
      args: ['--disable-dev-shm-usage'],
    });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const todo = said.includes('No usable sandbox')
      ? 'It may not use its sandbox here, as on Ubuntu 23.10 and later: install google-chrome-stable, or name a browser with an AppArmor profile by CHROMIUM=.'
      : said;
    throw new Error(`${executablePath} doesn't start. ${todo}`, { cause: error });
  }
}
