/** Pictures of the pages as they are, kept with the report: `report/<name>-<width>.png`. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Browser } from 'playwright-core';
import { seePanels } from './look.ts';

/** A usual screen and a telephone, in pixels of CSS. */
export const screens = [
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
] as const;

export interface Picture {
  readonly address: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly theme?: 'dark' | 'light';
}

/** Takes a picture of what a reader first sees. Throws playwright's error when the page does not come. */
export async function takePicture(
  browser: Browser,
  { address, file, width, height, theme = 'dark' }: Picture,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  try {
    await page.goto(address);
    await page.locator('h1').waitFor();
    if (address.includes('/d/')) {
      await seePanels(page);
      await page.mouse.move(0, 0);
      await page.evaluate('scrollTo(0, 0)');
    }
    await page.screenshot({ path: file });
  } finally {
    await page.close();
  }
}
