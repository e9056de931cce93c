import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestTelemetry } from '@sightline/app/test/support/telemetry.ts';
import { applyTemplates } from '@sightline/logging/elasticsearch/apply.ts';
import { connect, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import {
  elasticsearchStartMs,
  indexLines,
  missingElasticsearch,
  startElasticsearch,
  type TestElasticsearch,
} from '@sightline/testkit/elasticsearch.ts';
import type { LogLine } from '@sightline/testkit/emitted.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { bundle } from '../build.ts';
import { accessibilityFaults } from '../look.ts';
import { describeInChromium } from './support/browser.ts';
import { hostileTexts } from './support/hostile-texts.ts';
import { type Preview, startPreview } from './support/preview.ts';

const id = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736';

/** Three lines of one request among those of others, and messages that hold what they should not. */
function lines(): LogLine[] {
  const { log, logLines } = createTestTelemetry();
  const access = (requestId: string, status: number) =>
    log.write('request', {
      'http.request.id': requestId,
      'http.response.status_code': status,
      'labels.route': '/v1/todos',
    });
  access('11111111-77b3-4da6-a3ce-929d0e0e4736', 200);
  for (const status of [200, 201, 202]) access(id, status);
  access('22222222-77b3-4da6-a3ce-929d0e0e4736', 500);
  const hostile = hostileTexts.map((message) => ({
    ...logLines()[0],
    message,
    'http.request.id': 'hostile-request-1',
  }));
  return [...logLines(), ...hostile].map(
    (line, index) => ({ ...line, 'event.id': `boot-${index}` }) as LogLine,
  );
}

async function index(elasticsearch: TestElasticsearch): Promise<void> {
  await applyTemplates(connect({ ELASTICSEARCH_URL: elasticsearch.url }), {
    retention: '30d',
    say: () => {},
  });
  await indexLines(elasticsearch.url, dataStream, lines());
}

describeInChromium('the log search in Chromium, on a real Elasticsearch', missingElasticsearch, (open) => {
  let elasticsearch: TestElasticsearch;
  let preview: Preview;
  beforeAll(async () => {
    elasticsearch = await startElasticsearch();
    await index(elasticsearch);
    preview = await startPreview({ elasticsearchUrl: elasticsearch.url, bundle: await bundle('live') });
  }, elasticsearchStartMs);
  afterAll(async () => {
    await preview?.stop();
    await elasticsearch?.stop();
  });

  test("a request's id that is pasted finds its lines together, the first first", async () => {
    const { page, complaints } = await open(`${preview.url}/logs`);
    await page.locator('.lines tbody tr').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.insertText(id);
    await page.keyboard.press('Enter');
    const statuses = () => page.locator('.lines tbody tr td:nth-child(5)').allInnerTexts();
    await eventually(async () => (await statuses()).length === 3);
    expect(await statuses()).toEqual(['200', '201', '202']);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a saved search is a button, and one with an id to fill in waits for it', async () => {
    const { page } = await open(`${preview.url}/logs`);
    await page.getByRole('button', { name: 'errors' }).click();
    await page.getByRole('cell', { name: '500', exact: true }).waitFor();
    expect(await page.locator('.lines tbody tr').count()).toBe(1);
    await page.getByRole('button', { name: 'one request' }).click();
    await page.keyboard.insertText(id);
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: '202', exact: true }).waitFor();
    expect(await page.locator('.lines tbody tr').count()).toBe(3);
    await page.close();
  });

  test('whatever a message holds is shown as text, in its line and in its fields', async () => {
    const { page, complaints } = await open(
      `${preview.url}/logs?q=${encodeURIComponent('http.request.id:"hostile-request-1"')}`,
    );
    await page
      .locator('.lines tbody tr')
      .nth(hostileTexts.length - 1)
      .waitFor();
    const fields = await page.locator('.fields dd').allTextContents();
    for (const text of hostileTexts) expect(fields).toContain(visible(text));
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('Sightline: live preview');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a query that cannot be read is answered with what is wrong, and no line with what to do', async () => {
    const { page } = await open(`${preview.url}/logs?q=${encodeURIComponent('log.level:(error')}`);
    await page.getByText("Elasticsearch can't read the query").waitFor();
    await page.goto(`${preview.url}/logs?q=log.level:fatal`);
    await page.getByText('No line matches in this time.').waitFor();
    await page.close();
  });

  test.each(['dark', 'light'] as const)('axe-core finds no fault, %s', async (colorScheme) => {
    const { page } = await open(`${preview.url}/logs`, { colorScheme });
    await page.locator('.lines tbody tr').first().waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.close();
  });

  test('what the preview says when Elasticsearch has gone leads to it', async () => {
    await elasticsearch.kill();
    const { page } = await open(`${preview.url}/logs`);
    await page.getByText('does not answer').waitFor({ timeout: 20_000 });
    await page.close();
  });
});
