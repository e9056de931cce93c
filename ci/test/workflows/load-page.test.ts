import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { LoadSummary } from '@sightline/loadtest/k6/summary.ts';
import { loadPage } from '../../workflows/load-page.ts';
import { run, temporaryFolder } from './support.ts';

const latency = { p50: 2.14, p95: 8.2, p99: 31.6, p999: 99, max: 1204.4 };
const summary: LoadSummary = {
  profile: 'smoke',
  testId: 'smoke-1',
  target: 'http://127.0.0.1:3000',
  seconds: 30.1,
  ok: true,
  requests: 1204,
  counts: [{ method: 'GET', route: '/v1/todos', status: 200, count: 1204 }],
  clientErrorShare: 0.0123,
  journeys: 90,
  droppedJourneys: 0,
  latency: [{ class: 'fast', requests: 1204, ...latency }],
  checks: [{ name: 'list|shape', passes: 90, fails: 0 }],
  thresholds: [{ metric: 'http_req_failed', limit: 'rate<0.01', ok: true }],
};

test('a load test that held says so first, and how fast it was', () => {
  expect(loadPage(summary).split('\n')).toEqual([
    '### ✅ Load test smoke: 0 of 1 thresholds crossed',
    '',
    expect.stringMatching(/^1,204 requests in 90 journeys over 30 s \(40 a second\) .* 1\.23 % of them 4xx/),
    '',
    '| Routes | Requests | p50 | p95 | p99 | p99.9 | Slowest |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    '| fast | 1,204 | 2.1 ms | 8.2 ms | 32 ms | 99 ms | 1,204 ms |',
    '',
  ]);
});

test('one that did not hold names what was crossed, what failed, and which checks', () => {
  const page = loadPage({
    ...summary,
    ok: false,
    thresholds: [{ metric: 'http_req_duration{class:fast}', limit: 'p(99)<100', ok: false }],
    counts: [
      ...summary.counts,
      { method: 'POST', route: '/v1/todos', status: 503, count: 7 },
      { method: 'GET', route: '/v1/todos', status: 0, count: 2 },
    ],
    checks: [{ name: 'list|shape', passes: 88, fails: 2 }],
  });
  expect(page).toContain('### ❌ Load test smoke: 1 of 1 thresholds crossed');
  expect(page).toContain('| http_req_duration{class:fast} | p(99)<100 |');
  expect(page).toContain('| POST /v1/todos | 503 | 7 |\n| GET /v1/todos | no answer | 2 |');
  expect(page).toContain('| list\\|shape | 2 | 88 |');
});

test('the command reads what make load wrote, and says so when it wrote nothing', async () => {
  using folder = temporaryFolder();
  const env = { STACK_DIR: folder.path };
  expect(await run('ci/workflows/load-summary.ts', [], { env })).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^The load test left no result: /),
  });
  mkdirSync(join(folder.path, 'load'));
  writeFileSync(join(folder.path, 'load/soak.json'), JSON.stringify({ ...summary, profile: 'soak' }));
  expect(await run('ci/workflows/load-summary.ts', [], { env: { ...env, PROFILE: 'soak' } })).toMatchObject({
    code: 0,
    output: expect.stringContaining('Load test soak'),
  });
});
