import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '@sightline/app/test/support/api.ts';
import { parseSeries } from '@sightline/testkit/signal-check.ts';
import { tool, whyMissing } from '@sightline/tools/tools.ts';
import { shares } from '../journeys/shares.ts';
import { perSecond } from '../k6/limits.ts';
import type { LoadSummary } from '../k6/summary.ts';
import { sloThresholds } from '../operations.ts';
import { type LoadResult, profiles, runLoad, thresholdsCrossed } from '../run.ts';

const missing = whyMissing('k6');
const withK6 = missing === undefined ? describe : describe.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

/** Each series with a value, as `GET /v1/todos 200`, but for probes. */
const named = (series: readonly (readonly [string, number])[]) =>
  Object.fromEntries(series.filter(([name, count]) => count > 0 && !name.includes(' /health/')).toSorted());

withK6(`the profile smoke${because}`, () => {
  let api: TestApi;
  let folder: string;
  let result: LoadResult;
  let summary: LoadSummary;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-load-test-'));
    // The limits that the API has by default, and few log-ins of one address: each user has to come from their own.
    api = await startApi({
      TRUSTED_PROXIES: '127.0.0.1',
      ...{ RATE_LIMIT_IP: '', RATE_LIMIT_USER: '', RATE_LIMIT_PASSWORD: '', RATE_LIMIT_SESSIONS: '8' },
    });
    result = await runLoad({
      profile: 'smoke',
      target: api.url,
      directory: folder,
      testId: 'a test',
      ownAddresses: true,
      seconds: 6,
    });
    if (result.summary === undefined) throw new Error(`k6 ended with ${result.code}:\n${result.output}`);
    summary = result.summary;
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is answered as each request expects', () => {
    expect(summary.checks.filter(({ fails }) => fails > 0)).toEqual([]);
    // How long answers take is this machine's affair: a crossed threshold is no fault here.
    expect([0, thresholdsCrossed]).toContain(result.code);
  });

  test('sends every operation of its journeys, and a part of requests that are wrong', () => {
    const operations = new Set(summary.counts.map(({ method, route }) => `${method} ${route}`));
    expect([...operations].toSorted()).toEqual([
      'DELETE /v1/sessions/:id',
      'DELETE /v1/sessions/current',
      'DELETE /v1/sessions/others',
      'DELETE /v1/todos/:id',
      'DELETE /v1/users/me',
      'GET /.well-known/jwks.json',
      'GET /v1/sessions',
      'GET /v1/todos',
      'GET /v1/todos/:id',
      'GET /v1/todos/:id/history',
      'GET /v1/users/me',
      'GET unmatched',
      'PATCH /v1/todos/:id',
      'POST /v1/sessions',
      'POST /v1/sessions/refresh',
      'POST /v1/todos',
      'POST /v1/todos/:id/restore',
      'POST /v1/todos/batch',
      'POST /v1/users',
      'PUT /v1/users/me/password',
    ]);
    const statuses = new Set(summary.counts.map(({ status }) => status));
    expect([...statuses].toSorted()).toEqual([200, 201, 204, 304, 400, 401, 404, 409, 412, 415, 422]);
    expect(summary.clientErrorShare).toBeGreaterThan(0);
  });

  test('counts each request as the API does, by method, route and status', async () => {
    const counted = named(
      [...(await api.samples())].flatMap(([series, value]) => {
        const { name, labels } = parseSeries(series);
        const { method, route, status } = labels;
        return name === 'http_requests_total' ? [[`${method} ${route} ${status}`, value] as const] : [];
      }),
    );
    const sent = named(
      summary.counts.map(({ method, route, status, count }) => [`${method} ${route} ${status}`, count]),
    );
    expect(sent).toEqual(counted);
    expect(summary.requests).toBe(Object.values(counted).reduce((sum, count) => sum + count, 0));
  });

  test('sends no more requests than it says before', () => {
    const sent = (is: (series: string) => boolean) =>
      summary.counts
        .filter(({ method, route }) => is(`${method} ${route}`))
        .reduce((sum, { count }) => sum + count, 0);
    const seconds = 6;
    const [users, journeys] = [3, 4];
    // As many journeys of each kind as k6 begins: one a minute at the least, and one more at its end.
    const kinds = Object.keys(shares).length;
    const max = (of: 'requests' | 'sessionRequests', each: number) =>
      perSecond(journeys, of) * seconds + each * users + 11 * kinds;
    const logIns = sent((series) => /^POST \/v1\/(users|sessions|sessions\/refresh)$/.test(series));
    expect(logIns).toBeLessThanOrEqual(max('sessionRequests', 2));
    expect(summary.requests).toBeLessThanOrEqual(max('requests', 4));
  });

  test('leaves no user behind', async () => {
    expect(await api.knex('users').count('* as users')).toEqual([{ users: '0' }]);
  });

  test('writes its result as JSON, JUnit and HTML, without a password or token', () => {
    expect(readdirSync(folder).toSorted()).toEqual(['smoke.html', 'smoke.json', 'smoke.xml']);
    const [html = '', json = '', junit = ''] = ['html', 'json', 'xml'].map((extension) =>
      readFileSync(join(folder, `smoke.${extension}`), 'utf8'),
    );
    expect(html).toContain(summary.ok ? 'Passed: a test' : 'Failed: a test');
    expect(junit.match(/<testcase /g)).toHaveLength(summary.checks.length + summary.thresholds.length);
    for (const text of [html, json, junit, result.output]) {
      expect(text).not.toContain('@load.sightline.example');
      expect(text).not.toMatch(/eyJ[\w-]+\.|[0-9a-f]{32}/);
    }
  });
});

withK6(`every profile${because}`, () => {
  test.each(profiles)(
    '%s is one that k6 takes: each journey a scenario, and no journey dropped',
    async (profile) => {
      const file = join(import.meta.dirname, `../profiles/${profile}.ts`);
      const inspected = spawnSync(await tool('k6'), ['inspect', file], {
        encoding: 'utf8',
        env: { K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false' },
      });
      expect({ status: inspected.status, says: inspected.stderr }).toEqual({ status: 0, says: '' });
      const { scenarios, thresholds } = JSON.parse(inspected.stdout);
      expect(Object.keys(scenarios).toSorted()).toEqual(Object.keys(shares).toSorted());
      for (const scenario of Object.values(scenarios))
        expect(scenario).toMatchObject({ executor: 'ramping-arrival-rate' });
      expect(thresholds).toMatchObject({ dropped_iterations: ['count==0'], ...sloThresholds() });
    },
  );
});

test('the shares of all journeys are one whole', () => {
  const sum = Object.values(shares).reduce((total, { share }) => total + share, 0);
  expect(sum).toBeCloseTo(1, 9);
});

withK6(`a load test from one address${because}`, () => {
  test('says before it begins which limits of the API it will pass', async () => {
    await using api = await startApi({ RATE_LIMIT_IP: '50', TRUSTED_PROXIES: '127.0.0.1' });
    const folder = mkdtempSync(join(tmpdir(), 'sightline-load-test-'));
    try {
      const { output, summary } = await runLoad({
        profile: 'smoke',
        target: api.url,
        directory: folder,
        testId: 'one address',
        seconds: 3,
      });
      expect(output).toMatch(/from one address that the API counts for its limit \\"ip\\" of 50/);
      expect(summary?.counts.some(({ status }) => status === 429)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

withK6(`a load test of an API that isn't there${because}`, () => {
  test('fails, and says what it got instead of an answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-load-test-'));
    try {
      const { code, output } = await runLoad({
        profile: 'smoke',
        target: 'http://127.0.0.1:1',
        directory: folder,
        testId: 'nobody',
        seconds: 1,
      });
      expect(code).not.toBe(0);
      expect(output).toContain('POST /v1/users answers 201: got dial: connection refused');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
