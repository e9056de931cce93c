import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startChromium, whyNoChromium } from '../../chromium.ts';
import { watch } from '../../look.ts';

/** A page of its own with what the browser complained of and asked for. */
export interface OpenPage extends ReturnType<typeof watch> {
  readonly page: Page;
}

export type OpenInBrowser = (address: string, options?: BrowserContextOptions) => Promise<OpenPage>;

/**
 * A `describe` with a real Chromium; where there is none, or `missing` says what else there is not, it is skipped, and
 * its name says why. Pages are opened in tests and hooks, and closed at the end.
 */
export function describeInChromium(
  name: string,
  missing: string | undefined,
  tests: (open: OpenInBrowser) => void,
): void {
  const reason = whyNoChromium() ?? missing;
  if (reason !== undefined) {
    describe.skip(`${name} (skipped: ${reason})`, () =>
      tests(() => Promise.reject(new Error('There is no Chromium here.'))));
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());
    tests(async (address, options = {}) => {
      if (browser === undefined) throw new Error('Chromium is there in tests and hooks only.');
      const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, ...options });
      const watched = watch(page);
      await page.goto(address);
      return { page, ...watched };
    });
  });
}
