/** Looks at a page in a browser as its reader does, and says what is not as it should be. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** The look of one panel. */
export interface SeenPanel {
  readonly title: string;
  readonly kind: string;
  readonly state: string;
  readonly text: string;
  /** Coloured pixels of its canvas: axes and grid have none. */
  readonly ink: number;
  /** A stack of areas of which none has a height: nothing is drawn, on purpose. */
  readonly isZero: boolean;
}

/** A line of one pixel through a tenth of the smallest graph. */
const minInk = 15;

/** An interface of this machine came or went, as Docker's do: the page asks again by itself. */
const noFault = 'net::ERR_NETWORK_CHANGED';

/** Collects the browser's complaints, and the addresses that it asked for, since this was called. */
export function watch(page: Page): { readonly complaints: string[]; readonly addresses: string[] } {
  const complaints: string[] = [];
  const addresses: string[] = [];
  page.on('console', (message) => {
    const isComplaint = message.type() === 'error' || message.type() === 'warning';
    if (isComplaint && !message.text().includes(noFault)) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => addresses.push(request.url()));
  return { complaints, addresses };
}

/** Those addresses that are not of this machine. */
export const elsewhere = (addresses: readonly string[]): readonly string[] =>
  addresses.filter((address) => {
    const { protocol, hostname } = new URL(address);
    return protocol !== 'file:' && protocol !== 'data:' && hostname !== '127.0.0.1';
  });

/**
 * Scrolls through a dashboard until each of its panels has loaded, and looks at them.
 * @throws playwright's error when they have not within `timeoutMs`
 */
export async function seePanels(page: Page, timeoutMs = 30_000): Promise<readonly SeenPanel[]> {
  await page.waitForSelector('.panel', { timeout: timeoutMs });
  for (const panel of await page.locator('.panel').all()) {
    await panel.scrollIntoViewIfNeeded({ timeout: timeoutMs });
    await panel.and(page.locator(':not([data-state=loading])')).waitFor({ timeout: timeoutMs });
  }
  // Runs in the browser; what it is made of is given as text, so that nothing of Node's comes along.
  return page.evaluate<readonly SeenPanel[]>(`
    [...document.querySelectorAll('.panel')].map((panel) => {
      let ink = 0;
      for (const canvas of panel.querySelectorAll('canvas')) {
        if (canvas.width === 0 || canvas.height === 0) continue;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < data.length; at += 4) {
          const [red, green, blue, alpha] = data.subarray(at, at + 4);
          if (alpha > 120 && Math.max(red, green, blue) - Math.min(red, green, blue) > 45) ink += 1;
        }
      }
      return {
        title: panel.dataset.panel,
        kind: panel.dataset.kind,
        state: panel.dataset.state,
        text: panel.querySelector('.panel-body').innerText.trim(),
        ink,
        isZero: panel.querySelector('[data-zero]') !== null,
      };
    })
  `);
}

/** Why a panel that has data is not drawn; undefined when it is. */
export function whyNotDrawn({ title, kind, state, text, ink, isZero }: SeenPanel): string | undefined {
  if (state !== 'drawn') return `The panel "${title}" is ${state}: ${text}`;
  if (kind === 'timeseries' || kind === 'heatmap')
    return ink >= minInk || isZero
      ? undefined
      : `The panel "${title}" has ${ink} coloured pixels: nothing is drawn.`;
  return /\S/.test(text) ? undefined : `The panel "${title}" says nothing.`;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The faults that axe-core finds against the rules of WCAG 2.2 AA, and its advice beyond them. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // By the debugger, which no policy of the page keeps out.
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{
    violations: readonly {
      id: string;
      help: string;
      nodes: readonly { html: string; failureSummary: string }[];
    }[];
  }>('axe.run(document)');
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}
