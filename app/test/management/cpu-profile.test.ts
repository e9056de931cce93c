import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import type { CpuProfile } from '../../src/management/cpu-profile.ts';
import { client, type Send, startApi, type TestApi } from '../support/api.ts';

/** The function that a profile of this process shall find; it calls itself, so V8 can't dissolve it in its caller. */
const slowFibonacci = (n: number): number => (n < 2 ? n : slowFibonacci(n - 1) + slowFibonacci(n - 2));

describe('POST /debug/cpu-profile', () => {
  let api: TestApi;
  let management: Send;
  beforeAll(async () => {
    // Both far shorter than a profile, which they must not cut.
    api = await startApi({
      PROFILING: 'on',
      REQUEST_TIMEOUT_MS: '400',
      STALL_TIMEOUT_MS: '500',
      LOG_LEVEL: 'debug',
    });
    management = client(api.managementUrl, () => {});
  });
  afterAll(() => api.stop());

  test('answers what the process did, in the form that Chrome DevTools and speedscope open', async () => {
    let done = false;
    const asked = management<CpuProfile>('POST', '/debug/cpu-profile?seconds=1').finally(() => {
      done = true;
    });
    while (!done) {
      slowFibonacci(25);
      await delay(5);
    }
    const answer = await asked;
    expect({ status: answer.status, text: answer.text.slice(0, 500) }).toMatchObject({ status: 200 });
    const { nodes, samples = [], timeDeltas = [], startTime, endTime } = answer.body;
    const ids = new Set(nodes.map(({ id }) => id));
    expect(ids.size).toBe(nodes.length);
    const children = nodes.flatMap(({ children: below = [] }) => below);
    expect(new Set(children)).toEqual(new Set([...ids].slice(1)));
    expect(children).toHaveLength(nodes.length - 1);
    expect(nodes[0]?.callFrame.functionName).toBe('(root)');
    for (const { callFrame } of nodes) {
      expect(callFrame).toEqual({
        functionName: expect.any(String),
        scriptId: expect.any(String),
        url: expect.any(String),
        lineNumber: expect.any(Number),
        columnNumber: expect.any(Number),
      });
    }
    expect(samples.length).toBeGreaterThan(0);
    expect(timeDeltas).toHaveLength(samples.length);
    expect(samples.filter((id) => !ids.has(id))).toEqual([]);
    // Microseconds.
    expect(endTime - startTime).toBeGreaterThanOrEqual(1_000_000);
    expect(timeDeltas.reduce((sum, delta) => sum + delta, 0)).toBeLessThanOrEqual(endTime - startTime);
    const busy = nodes.filter(({ callFrame }) => callFrame.functionName === 'slowFibonacci');
    expect(busy.map(({ callFrame }) => callFrame.url)).toContainEqual(
      expect.stringContaining('cpu-profile.test.ts'),
    );
    expect(busy.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0)).toBeGreaterThan(0);
  });

  test('answers a file named by instance and time', async () => {
    const { headers } = await management('POST', '/debug/cpu-profile?seconds=1');
    expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/);
    const [, name = ''] =
      /^attachment; filename="(.*)"$/.exec(headers.get('content-disposition') ?? '') ?? [];
    const start = `todo-api-${hostname()}-${process.pid}-`;
    expect(name.slice(0, start.length)).toBe(start);
    expect(name.slice(start.length)).toMatch(/^\d{8}T\d{6}Z\.cpuprofile$/);
  });

  test('takes one profile at a time, and the next when that is done', async () => {
    const first = management('POST', '/debug/cpu-profile?seconds=2');
    // Whoever comes before the first is in would have the place.
    await eventually(async () => (await management('POST', '/debug/heap-snapshot')).status === 409);
    const second = await management('POST', '/debug/cpu-profile?seconds=1');
    expect(second.status).toBe(409);
    expect(second.headers.get('retry-after')).toMatch(/^[12]$/);
    expect(second.body).toMatchObject({ type: '/problems/profile-in-progress' });
    expect((await first).status).toBe(200);
    expect((await management('POST', '/debug/cpu-profile?seconds=1')).status).toBe(200);
  });

  test('ends a profile whose client goes away', async () => {
    const client = new AbortController();
    const url = `${api.managementUrl}/debug/cpu-profile?seconds=60`;
    const asked = fetch(url, { method: 'POST', signal: client.signal, headers: { 'X-Request-Id': 'gone' } });
    await eventually(async () => (await management('POST', '/debug/cpu-profile?seconds=1')).status === 409);
    client.abort();
    await expect(asked).rejects.toThrow('aborted');
    await eventually(async () => (await management('POST', '/debug/cpu-profile?seconds=1')).status === 200);
    const lines = () => api.logLines().filter((line) => line['http.request.id'] === 'gone');
    await eventually(() => lines().length > 1);
    expect(lines()).toEqual([
      expect.objectContaining({ 'event.action': 'profile-taken', 'labels.profile': 'cpu' }),
      expect.objectContaining({ 'event.action': 'management-request', 'http.response.status_code': 499 }),
    ]);
  });

  test.each([
    ['seconds=0'],
    ['seconds=61'],
    ['seconds=1.5'],
    ['seconds=-1'],
    ['seconds='],
    ['seconds=1&seconds=2'],
    ['seconds=ten'],
  ])('refuses %s', async (query) => {
    const { status, body } = await management('POST', `/debug/cpu-profile?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      type: '/problems/invalid-parameter',
      errors: [{ pointer: '?seconds', detail: 'must be an integer from 1 to 60' }],
    });
  });
});

describe('profiling that is not enabled', () => {
  test.each(['cpu-profile?seconds=1', 'heap-snapshot'])(
    'has no %s, and says what enables it',
    async (path) => {
      await using api = await startApi();
      const answer = await client(api.managementUrl, () => {})('POST', `/debug/${path}`);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({
        type: '/problems/not-found',
        detail: expect.stringContaining('PROFILING=on'),
      });
    },
  );
});
