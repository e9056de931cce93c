import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '@sightline/app/test/support/api.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';
import { whyMissing } from '@sightline/tools/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-verify-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let stacks = 0;

/** `make verify` or `make load`, where no stack runs. */
async function run(command: 'verify' | 'load', environment: Record<string, string>) {
  stacks += 1;
  const directory = join(folder, String(stacks));
  const child = spawn(process.execPath, [resolve(import.meta.dirname, `../../${command}/cli.ts`)], {
    env: {
      ...bareEnvironment,
      HOME: process.env['HOME'],
      XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'],
      SIGHTLINE_CACHE: process.env['SIGHTLINE_CACHE'],
      STACK_DIR: directory,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], output, errors] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code: code as number, output, errors, directory };
}

test.each([
  [
    'no stack',
    {},
    'No stack runs here. Start one (make up), or say where one is: make verify API_URL=http://',
  ],
  ['a wrong QUICK', { QUICK: 'yes' }, 'QUICK is "yes"; it takes 1'],
  [
    'an address that is none',
    { API_URL: 'localhost' },
    'API_URL is "localhost"; it takes an address such as',
  ],
  [
    'metrics without their API',
    { METRICS_URL: 'http://127.0.0.1:1' },
    'METRICS_URL is set, and API_URL is not',
  ],
])('make verify with %s says so', async (_what, environment, words) => {
  const { code, errors } = await run('verify', environment);
  expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(words) });
});

test.each([
  ['no API', {}, 'No API runs here. Start a stack (make up), or say where one is: make load TARGET=http://'],
  [
    'a profile that does not exist',
    { PROFILE: 'huge' },
    'PROFILE is "huge"; it takes one of load, smoke, soak, spike, stress.',
  ],
  ['no duration', { TARGET: 'http://127.0.0.1:1', DURATION: 'long' }, 'DURATION is "long"; it takes seconds'],
  ['no Prometheus', { TARGET: 'http://127.0.0.1:1', REMOTE_WRITE: '1' }, 'REMOTE_WRITE=1 needs a Prometheus'],
])('make load with %s says so', async (_what, environment, words) => {
  const { code, errors } = await run('load', environment);
  expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(words) });
});

const missing = whyMissing('k6');
const withK6 = missing === undefined ? describe : describe.skip;
withK6(`make verify of an API elsewhere${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api?.stop());

  test('proves what can be seen from here, names what can not, and fails when others use it meanwhile', async () => {
    // What a process of its own does within a minute.
    api.telemetry.metrics.set('maintenance_last_success_timestamp_seconds', {}, Date.now() / 1000);
    const others = setInterval(() => void api.send('GET', '/v1/todos').catch(() => {}), 200);
    const environment = { API_URL: api.url, METRICS_URL: api.managementUrl, QUICK: '1' };
    const { code, output, directory } = await run('verify', environment).finally(() => clearInterval(others));
    for (const check of ['api/golden-path', 'api/error-paths', 'metrics/declared', 'traffic/traffic'])
      expect(output).toMatch(new RegExp(`^ok +\\d+\\.\\d s ${check} `, 'm'));
    expect(output).toMatch(/^skipped +metrics\/targets +PROMETHEUS_URL is not set$/m);
    expect(output).toMatch(/^skipped +restart\/restart +the stack was not started here$/m);
    expect(output).toMatch(/^FAILED +\d+\.\d s traffic\/counts /m);
    expect(output).toMatch(/GET \/v1\/todos 401: k6 counted \d+, the metrics \d+; all have to be the same\./);
    expect(output).toContain('does somebody else use this API?');
    expect(output).toMatch(/6 of 7 checks passed in \d+ s, 10 skipped; failed: traffic\/counts\./);
    expect(output).not.toContain('\u001B');
    expect(code).toBe(1);

    const report = JSON.parse(readFileSync(join(directory, 'report/report.json'), 'utf8'));
    expect(report).toMatchObject({ panels: [], alerts: [] });
    const wrong = report.reconciliation.filter(({ ok }: { ok: boolean }) => !ok);
    expect(wrong).toEqual([expect.objectContaining({ what: 'GET /v1/todos 401', logs: null, ok: false })]);
    expect(report.reconciliation.length).toBeGreaterThan(20);
    expect(report.checks).toContainEqual(
      expect.objectContaining({ id: 'counts', group: 'traffic', ok: false }),
    );
  });
});
