import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { client, type Send, startApi, type TestApi } from '../support/api.ts';

describe('/debug/faults', () => {
  let api: TestApi;
  let management: Send;
  beforeAll(async () => {
    api = await startApi({ FAULT_INJECTION: 'on' });
    management = client(api.managementUrl, () => {});
  });
  afterAll(() => api.stop());
  afterEach(async () => {
    expect((await management('DELETE', '/debug/faults')).status).toBe(204);
  });
  const put = (json: unknown) => management('PUT', '/debug/faults', { json });
  const get = async () => (await management('GET', '/debug/faults')).body;

  const fail = { every: 1_000_000, effect: 'fail' };
  const none = { ends_at: null };

  test('answers what is on and when it ends, and none at the start and after the end', async () => {
    expect(await get()).toEqual(none);
    const faults = {
      requests: { every: 1_000_000, effect: 'delay', milliseconds: 1 },
      event_loop: { block_milliseconds: 1, pause_milliseconds: 60_000 },
    };
    const asked = Date.now();
    const { status, body } = await put({ seconds: 600, ...faults });
    expect(status).toBe(200);
    expect(body).toEqual({ ...faults, ends_at: expect.stringMatching(/^\d{4}-.*Z$/) });
    const end = Date.parse(String(body['ends_at']));
    expect(end).toBeGreaterThanOrEqual(asked + 600_000);
    expect(end).toBeLessThanOrEqual(Date.now() + 600_000);
    expect(await get()).toEqual(body);
    expect((await management('DELETE', '/debug/faults')).status).toBe(204);
    expect(await get()).toEqual(none);
  });

  test('replaces all that was on', async () => {
    await put({ seconds: 600, event_loop: { block_milliseconds: 1, pause_milliseconds: 60_000 } });
    expect((await put({ seconds: 60, requests: fail })).body).toEqual({
      requests: fail,
      ends_at: expect.any(String),
    });
  });

  test('keeps to the last change: the end of those before ends nothing any more', async () => {
    await put({ seconds: 1, requests: fail });
    await put({ seconds: 3, requests: fail });
    const { ends_at } = await get();
    await eventually(async () => (await get())['ends_at'] === null);
    // Timers and the clock may differ by a little.
    expect(Date.now()).toBeGreaterThan(Date.parse(String(ends_at)) - 100);
  });

  test('says each change in the log, and nothing where nothing changes', async () => {
    await management('DELETE', '/debug/faults');
    const before = api.logLines().length;
    await management('DELETE', '/debug/faults');
    await put({ seconds: 60, requests: fail });
    await management('DELETE', '/debug/faults');
    const changes = api
      .logLines()
      .slice(before)
      .filter((line) => line['event.action'] === 'faults-changed');
    expect(changes.map((line) => line['labels.faults'])).toEqual([['requests'], []]);
  });

  const min = { every: 1, effect: 'fail' };
  test.each([
    ['no seconds', { requests: min }, '#/seconds', 'must be an integer from 1 to 3600'],
    ['0 seconds', { seconds: 0, requests: min }, '#/seconds', 'must be an integer from 1 to 3600'],
    ['3601 seconds', { seconds: 3601, requests: min }, '#/seconds', 'must be an integer from 1 to 3600'],
    [
      'no fault',
      { seconds: 1 },
      '#',
      'must have at least one of requests, event_loop, heap, recorder; DELETE ends all',
    ],
    ['an unknown fault', { seconds: 1, requests: min, disk: {} }, '#/disk', 'is not known here'],
    [
      'every 0th',
      { seconds: 1, requests: { every: 0, effect: 'fail' } },
      '#/requests/every',
      'must be an integer from 1 to 1000000',
    ],
    [
      'another effect',
      { seconds: 1, requests: { every: 1, effect: 'explode' } },
      '#/requests/effect',
      'must be fail or delay',
    ],
    [
      'a delay of no time',
      { seconds: 1, requests: { every: 1, effect: 'delay' } },
      '#/requests/milliseconds',
      'must be an integer from 1 to 30000',
    ],
    [
      'a failure that takes time',
      { seconds: 1, requests: { every: 1, effect: 'fail', milliseconds: 5 } },
      '#/requests/milliseconds',
      'is not known here',
    ],
    [
      'too long a block',
      { seconds: 1, event_loop: { block_milliseconds: 5001, pause_milliseconds: 1 } },
      '#/event_loop/block_milliseconds',
      'must be an integer from 1 to 5000',
    ],
    [
      'no pause',
      { seconds: 1, event_loop: { block_milliseconds: 1 } },
      '#/event_loop/pause_milliseconds',
      'must be an integer from 1 to 60000',
    ],
    [
      'the whole heap',
      { seconds: 1, heap: { share: 1 } },
      '#/heap/share',
      'must be a number from 0.1 to 0.95',
    ],
  ])('refuses %s and leaves what is on', async (_name, json, pointer, detail) => {
    const { body: before } = await put({ seconds: 600, requests: fail });
    const { status, body } = await put(json);
    expect(status).toBe(422);
    expect(body).toMatchObject({ type: '/problems/validation-failed', errors: [{ pointer, detail }] });
    expect(await get()).toEqual(before);
  });
});

describe('fault injection that is not enabled', () => {
  test.each([
    ['GET', undefined],
    ['PUT', { seconds: 1, requests: { every: 1, effect: 'fail' } }],
    ['DELETE', undefined],
  ])('has no %s /debug/faults, says what enables it, and breaks nothing', async (method, json) => {
    await using api = await startApi();
    const answer = await client(api.managementUrl, () => {})(method, '/debug/faults', { json });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({
      type: '/problems/not-found',
      detail: expect.stringContaining('FAULT_INJECTION=on'),
    });
    expect((await api.send('GET', '/v1/users/me')).status).toBe(401);
  });
});
