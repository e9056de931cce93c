import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi } from '@sightline/app/test/support/api.ts';
import { startTodoLoad } from '@sightline/loadtest/bench/micro/todo-load.ts';
import { migrate, startService } from '@sightline/loadtest/bench/service.ts';
import { type Guardian, startGuardian } from '@sightline/servers/guardian.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { summarise } from '../footprint/memory.ts';
import { memoryOf } from '../footprint/processes.ts';
import { readFootprintSettings } from '../footprint/settings.ts';
import { slopeOf } from '../footprint/statistics.ts';

const samplesOf = (value: (seconds: number) => number) =>
  Array.from({ length: 120 }, (_, n) => ({ seconds: 5 * (n + 1), value: value(5 * (n + 1)) }));

test('the slope is that of the line through the samples', () => {
  expect(slopeOf(samplesOf((seconds) => 7 + 3 * seconds))).toBeCloseTo(3, 9);
  expect(slopeOf(samplesOf((seconds) => (seconds % 10 === 0 ? 5 : 6)))).toBeCloseTo(0, 3);
});

test('memory that settles after its start is flat, and memory that goes on growing is not', () => {
  const settled = summarise(
    samplesOf((seconds) => 120e6 + 20e6 * Math.min(1, seconds / 200)),
    600,
    1000,
  );
  expect(settled.goals.map(({ reached }) => reached)).toEqual([true, true]);
  expect(settled.data).toMatchObject({ endBytes: 140e6, peakBytes: 140e6, afterWarmUpBytes: 126e6 });
  const growing = summarise(
    samplesOf((seconds) => 100e6 + 0.1e6 * seconds),
    600,
    1000,
  );
  expect(growing.goals).toMatchObject([
    { reached: false, found: '160 MB after 10.0 min' },
    { reached: false, found: '6.00 MB a minute in the second half' },
  ]);
});

test('wrong settings are told all at once, with what they take', () => {
  expect(readFootprintSettings({ STEPS: 'start memory' }).steps).toEqual(['memory', 'start']);
  expect(() => readFootprintSettings({ STEPS: 'memory,disk', MINUTES: '0', RATE: 'x' })).toThrow(
    [
      'STEPS is "memory,disk", of which "disk" is wrong; it takes some of memory, start, stack, separated by commas.',
      'MINUTES is "0"; it takes an integer from 1 to 1440.',
      'RATE is "x"; it takes an integer from 1 to 20000.',
    ].join('\n'),
  );
});

test('the memory of a process is that of all its descendants, but for those that are asked for themselves', async () => {
  const wait = 'process.stdin.resume()';
  const child = `require('node:child_process').spawn(process.execPath, ['-e', "${wait}"], { stdio: ['pipe', 'ignore', 'ignore'] })`;
  const parent = spawn(process.execPath, ['-e', `console.log(${child}.pid); ${wait}`]);
  try {
    const [text] = await once(parent.stdout, 'data');
    const [pid, childPid] = [parent.pid ?? 0, Number(text)];
    const [family] = memoryOf([pid]);
    const apart = memoryOf([pid, childPid]);
    expect(family?.processes).toBe(2);
    expect(apart.map(({ processes }) => processes)).toEqual([1, 1]);
    for (const { rss } of apart) expect(rss).toBeGreaterThan(10e6);
    if (process.platform === 'linux')
      for (const { rss, pss = 0 } of apart) {
        expect(pss).toBeGreaterThan(0);
        expect(pss).toBeLessThan(rss);
      }
  } finally {
    // The other one's stdin closes with it.
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  }
});

test('the load is answered as it should be, by turns with each of its requests', async () => {
  await using api = await startApi();
  const load = await startTodoLoad(api.url, { connections: 4, rate: 200 });
  await eventually(() => load.answers() >= 14);
  await load.stop();
  const samples = await api.samples();
  const answered = [...samples].filter(
    ([series, count]) => series.startsWith('http_requests_total') && count > 0,
  );
  const todos = answered.map(([series]) => series).filter((series) => series.includes('/v1/todos'));
  expect(todos).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/GET.*"\/v1\/todos\/:id".*200/),
      expect.stringMatching(/GET.*"\/v1\/todos".*200/),
      expect.stringMatching(/POST.*"\/v1\/todos".*201/),
      expect.stringMatching(/PATCH.*"\/v1\/todos\/:id".*200/),
    ]),
  );
  expect(todos).toHaveLength(4);
});

describe('a service of a benchmark', () => {
  let folder: string;
  let guardian: Guardian;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-bench-test-'));
    guardian = startGuardian();
  });
  afterAll(async () => {
    await guardian.release();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is ready when it is there, takes its own tokens, tells its memory, and ends with the benchmark', async () => {
    const database = await createTestDatabase();
    await migrate(database.url);
    const killed = startGuardian();
    const service = await startService({ databaseUrl: database.url, folder, guardian: killed });
    expect(service.startMs).toBeGreaterThan(0);
    const token = await service.tokenOf('01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70');
    const list = await fetch(`${service.url}/v1/todos`, { headers: { Authorization: `Bearer ${token}` } });
    expect({ status: list.status, body: await list.json() }).toEqual({
      status: 200,
      body: { items: [], next_cursor: null },
    });
    expect(await (await fetch(service.metricsUrl)).text()).toMatch(/^process_resident_memory_bytes \d/m);
    // As its guardian does when the benchmark is gone.
    await killed.release();
    await expect(fetch(service.url)).rejects.toThrow('fetch failed');
    await database.drop();
  });

  test('that ends at its start is told with the end of its log', async () => {
    const started = startService({ databaseUrl: 'nonsense', folder, guardian });
    await expect(started).rejects.toThrow(/^The service did not become ready:\n.*DATABASE_URL/s);
  });
});
