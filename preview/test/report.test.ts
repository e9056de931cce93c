import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { knownSeries } from '@sightline/dashboards/truth/known-series.ts';
import { type KnownPrometheus, startKnownPrometheus } from '@sightline/dashboards/truth/prometheus.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import { readDashboard } from '@sightline/testkit/grafana/walk.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { whyMissing } from '@sightline/tools/tools.ts';
import { accessibilityFaults, elsewhere, seePanels, whyNotDrawn } from '../look.ts';
import { panelsOf } from '../model/panel.ts';
import { askPanel, marksOf, openDashboard } from '../model/panel-data.ts';
import { replayed } from '../model/recording.ts';
import type { RecordedDashboards, Report } from '../model/report.ts';
import { dashboardFiles, recordDashboards } from '../record.ts';
import { pageOf } from '../report-file.ts';
import { describeInChromium } from './support/browser.ts';
import { hostileTexts } from './support/hostile-texts.ts';

const drill = (name: string, ok: boolean, problems: readonly string[] = []): Report['alerts'][number] => ({
  name,
  ok,
  faultAt: '2026-11-21T10:00:00.000Z',
  pendingSeconds: 4,
  firingSeconds: 9,
  notifiedSeconds: 11,
  recoveredSeconds: 20,
  resolvedSeconds: 41.5,
  problems,
});

const report: Report = {
  run: { startedAt: '2026-11-21T10:00:00.000Z', endedAt: '2026-11-21T10:02:00.000Z' },
  checks: [
    { id: 'targets', group: 'metrics', ok: true, detail: '7 targets up' },
    { id: 'found', group: 'logs', ok: false, detail: 'The line of request abc is not there.' },
    ...hostileTexts.map((detail, index) => ({ id: `hostile-${index}`, group: 'api', ok: true, detail })),
  ],
  reconciliation: [
    { what: 'GET /v1/todos 200', k6: 188, metrics: 188, logs: 188, ok: true },
    { what: 'POST /v1/todos 201', k6: 50, metrics: 49, logs: null, ok: false },
  ],
  panels: [{ dashboard: 'api', panel: 'Limits', refId: 'A', expr: 'up', ok: false, series: 0 }],
  alerts: [drill('DatabaseUnreachable', true), drill('TargetDown', false, hostileTexts)],
};

const measured = (rps: number) =>
  ({
    ...{ rps, p50: 4, p99: 9.25, rpsOfProcessor: rps, generatorBusy: 0.5 },
    spread: { rps: [rps, rps], p50: [4, 4], p99: [9, 9.5] },
  }) as const;
const bench: Report['bench'] = {
  rounds: 5,
  variants: {
    sightline: { get: measured(15_000) },
    'fastify-pg': { get: measured(12_000) },
    'koa-straight': { get: measured(5000) },
  },
  ratios: { 'fastify-pg': { get: 1.24 }, 'koa-straight': { get: 3 } },
  ratioSpreads: { 'fastify-pg': { get: [1.2, 1.3] }, 'koa-straight': { get: [2.9, 3.1] } },
  ratiosOfProcessor: { 'fastify-pg': { get: 1.14 }, 'koa-straight': { get: 2.9 } },
  goals: { 'fastify-pg': 1.25, 'koa-straight': 2.5 },
  about: { sightline: 'this service', 'fastify-pg': hostileTexts[0] ?? '' },
  atSeventyPercent: { get: { rps: 10_500, p50: 2, p99: 8.5, generatorBusy: 0.5 } },
  settings: { seconds: 3, connections: 64, condition: 'usual' },
  machine: {
    ...{ processor: 'AMD', cores: 2, pinned: true, postgresqlPinned: false, node: '26.10.0' },
    ...{ postgresql: '18.4', durable: false, contention: { looks: 20, busy: 2 } },
  },
  date: '2026-11-21T10:02:30.000Z',
};

const ran = (name: string, from: number, to: number, processorSeconds?: number) => ({
  name,
  startedAt: from * 1000,
  endedAt: to * 1000,
  processorSeconds,
});
const testRun: Report['testRun'] = {
  startedAt: 100_000,
  endedAt: 200_000,
  cores: 2,
  checks: [ran('lint', 100, 110, 15), ran('jest', 105, 195, 90), ran('drills', 110, 170)],
  files: [ran('app/test/a.test.ts', 105, 150, 9)],
  load: [
    { at: 100_500, cores: 1 },
    { at: 200_000, cores: 2 },
  ],
};

const missing = whyMissing('promtool') ?? whyMissing('prometheus');

describeInChromium('the report in Chromium', missing, (open) => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-page-test-'));
  const files = dashboardFiles();
  let prometheus: KnownPrometheus;
  let address: string;
  let dashboards: RecordedDashboards;
  const at = (place: string) => `${address}#${place}`;

  beforeAll(async () => {
    prometheus = await startKnownPrometheus(knownSeries);
    const to = prometheus.end * 1000;
    const view = {
      prometheus: prometheusAt(prometheus.url),
      range: { from: to - 3_600_000, to },
      scrapeMs: 15_000,
    };
    dashboards = await recordDashboards(view);
    const file = join(folder, 'index.html');
    writeFileSync(
      file,
      await pageOf({
        report: { ...report, bench, testRun },
        dashboards,
        writtenAt: '2026-11-21T10:03:00.000Z',
      }),
    );
    address = pathToFileURL(file).href;
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await prometheus?.stop();
  });

  test('what failed comes first, with its reason, above what did not', async () => {
    const { page, complaints } = await open(address);
    expect(await page.locator('.verdict strong').innerText()).toBe('2 findings to look at');
    const rows = await page.locator('.card').first().locator('tbody tr').allInnerTexts();
    expect(rows[0]).toContain('The line of request abc is not there.');
    expect(rows[1]).toContain('7 targets up');
    const counts = await page.getByRole('row', { name: 'POST /v1/todos 201' }).innerText();
    expect(counts.split(/\s+/)).toEqual(expect.arrayContaining(['50', '49', '–']));
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a drill is a line of time, each phase as long as it lasted', async () => {
    const { page } = await open(address);
    const phases = page.locator('[data-drill=DatabaseUnreachable] .phase');
    const widths = (await phases.all()).map(async (phase) => {
      const [, width = ''] = /width: ([\d.]+)%/.exec((await phase.getAttribute('style')) ?? '') ?? [];
      return Math.round(Number(width));
    });
    expect(await Promise.all(widths)).toEqual(
      [4, 5, 2, 9, 21.5].map((seconds) => Math.round((100 * seconds) / 41.5)),
    );
    const moments = await page.locator('[data-drill=DatabaseUnreachable] .moments').innerText();
    expect(moments).toBe('pending 4 · firing 9 · notified 11 · recovered 20 · resolved 41.5 s');
    await page.close();
  });

  test('the timeline of the tests has a bar a check and a file, that says when it ran and the cores that it kept busy', async () => {
    const { page } = await open(address);
    const titles = await page.locator('[data-timeline] title').allTextContents();
    expect(titles).toEqual([
      'lint: 0:10 from 0:00, 1.5 cores',
      'drills: 1:00 from 0:10',
      'jest: 1:30 from 0:05, 1.0 cores',
      'app/test/a.test.ts: 0:45 from 0:05, 0.2 cores',
    ]);
    // Side by side they are in rows of their own.
    const bars = await page.locator('[data-timeline] rect').all();
    const tops = await Promise.all(bars.map((bar) => bar.getAttribute('y')));
    expect(tops).toEqual(['1', '1', '21', '41']);
    expect(await page.locator('[data-timeline] tbody tr').allInnerTexts()).toContain(
      'jest\t0:05\t1:35\t1.00',
    );
    await page.close();
  });

  test('a benchmark is a row a variant, with what the service serves to one of it, and whether that was wanted', async () => {
    const { page } = await open(address);
    const rows = await page.locator('[data-bench] tbody tr').allInnerTexts();
    const cells = rows.map((row) =>
      row
        .split('\t')
        .slice(1)
        .map((cell) => cell.trim()),
    );
    expect(cells).toEqual([
      ['15,000', '9.3', '–'],
      ['12,000', '9.3', '× 1.14 ✗ 1.25'],
      ['5,000', '9.3', '× 2.90 ✓ 2.5'],
    ]);
    expect(rows[1]).toContain(hostileTexts[0]);
    expect(await page.locator('[data-bench]').innerText()).toContain('busy with something else');
    const below = await page.locator('[data-bench] .at-rate').innerText();
    expect(below).toBe('p99 of the service at 70 % of its peak: GET /v1/todos/:id 8.5 ms at 10,500/s.');
    await page.close();
  });

  test('whatever a text holds is shown as text', async () => {
    const { page, complaints, addresses } = await open(address);
    const shown = await page.locator('td.detail').allTextContents();
    for (const text of hostileTexts) expect(shown).toContain(visible(text));
    expect(await page.locator('[data-drill=TargetDown] .problem').textContent()).toBe(
      visible(hostileTexts.join('\n')),
    );
    expect(await page.locator('main img, main script, main iframe').count()).toBe(0);
    expect(complaints).toEqual([]);
    expect(elsewhere(addresses)).toEqual([]);
    await page.close();
  });

  test.each(['golden-signals', 'slo'])(
    'every panel of %s is drawn, and nothing is fetched for it',
    async (uid) => {
      const { page, complaints, addresses } = await open(at(`/d/${uid}`));
      const panels = await seePanels(page);
      expect(panels.length).toBeGreaterThan(5);
      expect(panels.flatMap((panel) => whyNotDrawn(panel) ?? [])).toEqual([]);
      expect(complaints).toEqual([]);
      expect(addresses.filter((one) => !one.startsWith(address))).toEqual([]);
      await page.close();
    },
  );

  test.each([
    ['dark', 390],
    ['light', 1920],
  ] as const)('axe-core finds no fault, %s on a screen of %d pixels', async (colorScheme, width) => {
    const faults: string[] = [];
    for (const place of ['/', '/d/slo', '/d/alerts']) {
      const { page } = await open(at(place), { colorScheme, viewport: { width, height: 1000 } });
      if (place !== '/') await seePanels(page);
      await page.locator('h1').waitFor();
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${place}: ${fault}`));
      await page.close();
    }
    expect(faults).toEqual([]);
  });

  test('the recording has an answer to everything that any dashboard of the page asks', async () => {
    const { recording } = dashboards;
    const view = { ...recording, prometheus: replayed(recording) };
    let series = 0;
    for (const { uid, json } of files) {
      const { variables } = await openDashboard(readDashboard(json, uid), new Map(), view);
      for (const panel of panelsOf(json))
        for (const answer of await askPanel(panel, variables, view)) series += answer.series.length;
      await marksOf(readDashboard(json, uid), variables, view);
    }
    expect(series).toBeGreaterThan(300);
  });

  test('a panel opens large with its description and its query, and Escape leads back', async () => {
    const { page } = await open(at('/d/golden-signals'));
    await page.getByRole('link', { name: 'Top 5 routes by request rate: open large' }).click();
    await page.locator('.about').waitFor();
    expect(await page.locator('.panel').count()).toBe(1);
    expect(await page.locator('.about').innerText()).toContain('topk(');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Top 5 routes by request rate: open large' }).waitFor();
    await page.close();
  });

  test('the reader can choose dark or light', async () => {
    const { page } = await open(address, { colorScheme: 'dark' });
    const theme = () => page.locator('html').getAttribute('data-theme');
    expect(await theme()).toBe('dark');
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await theme()).toBe('light');
    await page.close();
  });
});
