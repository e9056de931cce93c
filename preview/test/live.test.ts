import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { instances, knownSeries } from '@sightline/dashboards/truth/known-series.ts';
import { type KnownPrometheus, startKnownPrometheus } from '@sightline/dashboards/truth/prometheus.ts';
import { counter } from '@sightline/dashboards/truth/series.ts';
import { missingTools, startAlertmanager } from '@sightline/monitoring/test/support/programs.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import type { RunningProgram } from '@sightline/testkit/programs.ts';
import { bundle } from '../build.ts';
import { accessibilityFaults, elsewhere, seePanels, whyNotDrawn } from '../look.ts';
import { dashboardFiles } from '../record.ts';
import { describeInChromium } from './support/browser.ts';
import { hostileTexts } from './support/hostile-texts.ts';
import { nobody, type Preview, startPreview } from './support/preview.ts';

/** Texts that a label's value may have in it, as Prometheus's text format writes it. */
const hostileRoutes = hostileTexts.filter((text) => !text.includes('\n'));

describeInChromium('the live preview in Chromium', missingTools, (open) => {
  const files = dashboardFiles();
  let prometheus: KnownPrometheus;
  let alertmanager: RunningProgram;
  let preview: Preview;
  let away: Preview;
  /** A place over the hour of the known series. */
  const at = (path: string, more = '', to = prometheus.end * 1000) =>
    `${preview.url}${path}?from=${to - 3_600_000}&to=${to}${more}`;

  beforeAll(async () => {
    const hostile = hostileRoutes.map((route, index) =>
      counter(
        'http_requests_total',
        { job: 'todo-api', instance: instances[0], route, method: 'GET', status: '200' },
        500 + index,
      ),
    );
    const made = await bundle('live');
    prometheus = await startKnownPrometheus((end) => [...knownSeries(end), ...hostile]);
    alertmanager = await startAlertmanager({
      route: { receiver: 'nobody' },
      receivers: [{ name: 'nobody' }],
    });
    preview = await startPreview({
      prometheusUrl: prometheus.url,
      alertmanagerUrl: alertmanager.url,
      bundle: made,
    });
    away = await startPreview({ bundle: made });
  });
  afterAll(async () => {
    await preview?.stop();
    await away?.stop();
    await alertmanager?.stop();
    await prometheus?.stop();
  });

  test.each(files.map(({ uid }) => uid))('every panel of %s is drawn from Prometheus', async (uid) => {
    const { page, complaints, addresses } = await open(at(`/d/${uid}`));
    const panels = await seePanels(page);
    expect(panels.flatMap((panel) => whyNotDrawn(panel) ?? [])).toEqual([]);
    expect(panels.length).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
    expect(elsewhere(addresses)).toEqual([]);
    await page.close();
  });

  test('a single value is what Prometheus answers, and a variable filters it', async () => {
    const inFlight = async (selector: string) => {
      const [answer] = await prometheus.query(`sum(http_requests_in_flight{job="todo-api",${selector}})`);
      return String(answer?.value);
    };
    const figure = '[data-panel="Requests in flight"] .amount';
    const { page } = await open(at('/d/golden-signals'));
    await page.locator(figure).waitFor();
    const all = await page.locator(figure).innerText();
    expect(all).toBe(await inFlight('instance=~".+"'));
    await page.locator('select[data-variable=instance]').selectOption(instances[0]);
    await eventually(async () => (await page.locator(figure).innerText()) !== all);
    expect(await page.locator(figure).innerText()).toBe(await inFlight(`instance="${instances[0]}"`));
    expect(page.url()).toContain(`var-instance=${encodeURIComponent(instances[0])}`);
    await page.goBack();
    await eventually(async () => (await page.locator(figure).innerText()) === all);
    await page.close();
  });

  test('panels that come into view together are asked for together', async () => {
    const { page, addresses } = await open(at('/d/golden-signals'));
    const panels = await seePanels(page);
    expect(panels.length).toBeGreaterThan(15);
    // One for what is in view at first, one for what is below it, one for deployments, and room for one more.
    expect(addresses.filter((address) => address.endsWith('/api/queries')).length).toBeLessThanOrEqual(4);
    await page.close();
  });

  test('values of labels are text, whatever they hold', async () => {
    const { page, complaints } = await open(at('/d/golden-signals'));
    await page.locator('[data-panel="Top 5 routes by request rate"] li').first().waitFor();
    const names = await page.locator('[data-panel="Top 5 routes by request rate"] .name').allTextContents();
    for (const name of names) expect(hostileRoutes.map(visible)).toContain(name);
    expect(names.length).toBeGreaterThan(3);
    await page.goto(at('/d/api'));
    await page.locator('[data-panel="Requests, errors and latency by route"] td').first().waitFor();
    const cells = await page
      .locator('[data-panel="Requests, errors and latency by route"] td')
      .allTextContents();
    for (const route of hostileRoutes) expect(cells).toContain(visible(route));
    expect(await page.locator('main img, main script, main b').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a link of a table leads to the log lines of its row over the same time', async () => {
    const { page } = await open(at('/d/api'));
    await page.getByRole('link', { name: '/v1/todos: Log lines', exact: true }).first().click();
    await page.getByRole('heading', { name: 'Logs', exact: true }).waitFor();
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('q')).toContain(
      'service.name:"todo-api" AND event.action:"request" AND labels.route:',
    );
    expect(searchParams.get('to')).toBe(String(prometheus.end * 1000));
    await page.close();
  });

  test('an alert appears with its runbook, whatever its text holds, and goes when it is resolved', async () => {
    const tell = (endsAt: number) =>
      fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([
          {
            labels: { alertname: 'TargetDown', severity: 'page', route: hostileTexts[0] },
            annotations: {
              summary: hostileTexts[1],
              description: hostileTexts.join('\n'),
              runbook_url: 'http://127.0.0.1:3001/runbooks/TargetDown.md',
              dashboard_url: 'javascript:alert(1)',
            },
            startsAt: new Date(Date.now() - 60_000).toISOString(),
            endsAt: new Date(endsAt).toISOString(),
          },
        ]),
      });
    const { page, complaints } = await open(`${preview.url}/alerts`);
    await page.getByText('Nothing fires, and nothing is pending.').waitFor();
    expect((await tell(Date.now() + 600_000)).ok).toBe(true);
    const card = page.locator('[data-alert=TargetDown]');
    await card.waitFor({ timeout: 20_000 });
    expect(await card.innerText()).toContain('fires');
    expect(await card.locator('p').first().textContent()).toBe(hostileTexts[1]);
    expect(await page.locator('main img, main script, main a[href^=javascript]').count()).toBe(0);
    await tell(Date.now() - 1000);
    await card.waitFor({ state: 'detached', timeout: 20_000 });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a runbook can be read here, at the address that alerts have', async () => {
    const { page, complaints } = await open(`${preview.url}/runbooks/DatabaseUnreachable.md`);
    await page.getByRole('heading', { name: 'Mitigation' }).waitFor();
    expect(await page.locator('pre').first().innerText()).toContain('curl');
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each([
    ['dark', 1920],
    ['light', 390],
  ] as const)('axe-core finds no fault, %s on a screen of %d pixels', async (colorScheme, width) => {
    const faults: string[] = [];
    for (const place of ['/d/api', '/d/nodejs', '/alerts']) {
      const { page } = await open(at(place), { colorScheme, viewport: { width, height: 1000 } });
      if (place.startsWith('/d/')) await seePanels(page);
      await page.locator('h1').waitFor();
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${place}: ${fault}`));
      await page.close();
    }
    expect(faults).toEqual([]);
  });

  test('what can be reached by the keyboard shows that it is', async () => {
    const { page } = await open(at('/d/golden-signals'));
    await page.locator('.panel').first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to the content');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.close();
  });

  test('an address that makes no sense is answered with a sentence on the page', async () => {
    const { page } = await open(`${preview.url}/d/api?from=yesterday&to=now`);
    await page.getByText('"yesterday" is no time').waitFor();
    await page.goto(at('/d/api', '&var-instance=nothing'));
    const panels = await seePanels(page);
    expect(panels.length).toBeGreaterThan(5);
    await page.close();
  });

  test('without Prometheus and Alertmanager the pages say who is away, and what to do', async () => {
    const { page } = await open(`${away.url}/d/golden-signals`);
    const sentence = `Prometheus at ${nobody} does not answer. Does it run? See make status.`;
    await page.getByText(sentence).first().waitFor();
    await page.goto(`${away.url}/alerts`);
    await page.getByText(`Alertmanager at ${nobody} does not answer`).waitFor();
    await page.close();
  });
});
