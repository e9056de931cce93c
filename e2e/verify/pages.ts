/**
 * `node e2e/verify/pages.ts`: looks at the live preview of the running stack over the last `make verify`, as its
 * reader would, and keeps pictures of it and of the report. Fails with a sentence for whatever is not so.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startChromium } from '@sightline/preview/chromium.ts';
import { elsewhere, seePanels, watch, whyNotDrawn } from '@sightline/preview/look.ts';
import type { RecordedDashboards } from '@sightline/preview/model/report.ts';
import { screens, takePicture } from '@sightline/preview/pictures.ts';
import { table } from '@sightline/stack/native/components.ts';
import { portOf, readSettings } from '@sightline/stack/native/settings.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import type { Browser, Page } from 'playwright-core';
import { quietPanelsAt } from './quiet.ts';
import { findStack, type Stack } from './stack.ts';

/** A dashboard over the time of the traffic. */
interface Place {
  readonly uid: string;
  readonly address: string;
}

/** Opens a page, looks at it, and says what the browser complained of and where it went. */
async function lookAt(
  browser: Browser,
  address: string,
  look: (page: Page) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const page = await browser.newPage({ viewport: screens[0] });
  const { complaints, addresses } = watch(page);
  try {
    await page.goto(address);
    const found = await look(page);
    const left = elsewhere(addresses).map((one) => `It asks for ${one}, which is not of this machine.`);
    return [...found, ...complaints, ...left].map((sentence) => `${address}: ${sentence}`);
  } catch (error) {
    return [`${address}: ${error instanceof Error ? error.message : error}`];
  } finally {
    await page.close();
  }
}

/** Panels that have to draw and don't; a quiet one has to say what it says without data. */
async function panelFaults(
  page: Page,
  uid: string,
  { prometheusUrl = '' }: Stack,
): Promise<readonly string[]> {
  const quiet = (await quietPanelsAt(prometheusUrl)).filter(({ dashboard }) => dashboard === uid);
  return (await seePanels(page)).flatMap((panel) => {
    const mayBeEmpty = quiet.some((one) => one.panel === panel.title);
    if (mayBeEmpty && panel.state === 'empty')
      return panel.text === '' ? [`The panel "${panel.title}" is empty and says nothing.`] : [];
    return whyNotDrawn(panel) ?? [];
  });
}

/**
 * Compares a single value on the page with the answer of Prometheus.
 * @returns a sentence for each difference
 */
async function valueFaults(
  page: Page,
  { prometheusUrl = '' }: Stack,
  at: number,
): Promise<readonly string[]> {
  const panel = page.locator('[data-panel="Targets up"] .amount');
  await panel.waitFor();
  const shown = await panel.innerText();
  const [series] = await prometheusAt(prometheusUrl).instant('sum(up{job="todo-api",instance=~".+"})', at);
  const asked = String(series?.samples[0]?.value);
  return shown === asked ? [] : [`"Targets up" shows ${shown}, and Prometheus answers ${asked}.`];
}

/** The id in the header of an answer, pasted into the log search, finds the line of its request. */
async function logFaults(browser: Browser, page: string, { apiUrl }: Stack): Promise<readonly string[]> {
  const answer = await fetch(`${apiUrl}/v1/todos`);
  const id = answer.headers.get('X-Request-Id') ?? '';
  return lookAt(browser, `${page}/logs`, async (opened) => {
    const input = opened.getByRole('searchbox');
    await input.fill(id);
    await input.press('Enter');
    const row = opened.locator('.lines tbody tr').filter({ hasText: String(answer.status) });
    const again = opened.getByRole('button', { name: 'Search again' });
    // The shipper brings it within a second or two.
    for (let tries = 0; tries < 20 && (await row.count()) === 0; tries += 1) {
      await again.click();
      await opened.waitForTimeout(500);
    }
    return (await row.count()) === 1
      ? []
      : [`The line of request ${id}, which was answered ${answer.status}, is not shown.`];
  });
}

async function main(): Promise<void> {
  // What this proves is the stack: a machine whose browser doesn't start is told so, and no more.
  const browser = await startChromium().catch((error: Error) => error.message);
  if (typeof browser === 'string') return console.log(`skipped  pages: ${browser}`);
  try {
    await lookAtPages(browser);
  } finally {
    await browser.close();
  }
}

async function lookAtPages(browser: Browser): Promise<void> {
  const settings = readSettings(table.components, process.env);
  const stack = findStack(process.env, settings);
  const folder = join(stack.directory, 'report');
  const { files, recording } = JSON.parse(
    readFileSync(join(folder, 'dashboards.json'), 'utf8'),
  ) as RecordedDashboards;
  const { from, to } = recording.range;
  const page = `http://127.0.0.1:${portOf(settings, 'PAGE_PORT')}`;
  const places: readonly Place[] = files.map(({ uid }) => ({
    uid,
    address: `${page}/d/${uid}?from=${from}&to=${to}`,
  }));
  const faults: string[] = [];
  for (const { uid, address } of places)
    faults.push(
      ...(await lookAt(browser, address, async (opened) => [
        ...(await panelFaults(opened, uid, stack)),
        ...(uid === 'golden-signals' ? await valueFaults(opened, stack, to) : []),
      ])),
    );
  if (stack.elasticsearch !== undefined) faults.push(...(await logFaults(browser, page, stack)));
  const report = pathToFileURL(join(folder, 'index.html')).href;
  const [wide, narrow] = screens;
  const pictures = [
    ...places.map(({ uid, address }) => ({ name: uid, address, screen: wide })),
    ...places.slice(0, 1).map(({ uid, address }) => ({ name: uid, address, screen: narrow })),
    ...screens.map((screen) => ({ name: 'report', address: report, screen })),
  ];
  for (const { name, address, screen } of pictures)
    await takePicture(browser, { ...screen, address, file: join(folder, `${name}-${screen.width}.png`) });
  console.log(
    faults.length === 0
      ? `ok        pages: every panel of ${places.length} dashboards is drawn; pictures are beside the report`
      : `FAILED    pages:\n${faults.join('\n')}`,
  );
  if (faults.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
