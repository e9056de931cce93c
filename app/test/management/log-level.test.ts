import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '@sightline/servers/free-port.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';
import { logLevels } from '../../src/telemetry/log-level.ts';
import { client, type Send, startApi, type TestApi } from '../support/api.ts';

describe('/debug/log-level', () => {
  let api: TestApi;
  let management: Send;
  beforeEach(async () => {
    api = await startApi({ LOG_LEVEL: 'error' });
    management = client(api.managementUrl, () => {});
  });
  afterEach(() => api.stop());
  const set = (json: unknown) => management('PUT', '/debug/log-level', { json });
  const get = async () => (await management('GET', '/debug/log-level')).body;

  /** Whether the access line of a request is written; it is at level info. */
  async function requestsAreLogged(): Promise<boolean> {
    const before = api.logLines().length;
    await api.send('GET', '/nothing');
    // Its line comes when the answer is sent, so before that of a later request on the same connection at the latest.
    await api.send('GET', '/nothing');
    return api.logLines().length > before;
  }

  /** Whether a warning is written by a logger that was made at the start: that of the database's library. */
  function componentsWarn(): boolean {
    const before = api.logLines().length;
    api.knex.client.logger.warn('a warning');
    return api.logLines().length > before;
  }

  test('changes what is written, by requests and by what was there before', async () => {
    expect(await requestsAreLogged()).toBe(false);
    expect(componentsWarn()).toBe(false);
    const { status, body } = await set({ level: 'info' });
    expect(status).toBe(200);
    expect(body).toEqual({ level: 'info', previous: 'error', returns_at: null, returns_to: null });
    expect(await get()).toEqual({ level: 'info', returns_at: null, returns_to: null });
    expect(await requestsAreLogged()).toBe(true);
    expect(componentsWarn()).toBe(true);
    expect((await set({ level: 'silent' })).body).toMatchObject({ level: 'silent', previous: 'info' });
    expect(await requestsAreLogged()).toBe(false);
    expect(componentsWarn()).toBe(false);
  });

  test('goes back by itself when asked to, and then to the last level set to stay', async () => {
    expect((await set({ level: 'debug', seconds: 3600 })).body).toMatchObject({ returns_to: 'error' });
    const { body } = await set({ level: 'info', seconds: 1 });
    expect(body).toEqual({
      level: 'info',
      previous: 'debug',
      returns_at: expect.stringMatching(/^\d{4}-.*Z$/),
      returns_to: 'error',
    });
    expect(componentsWarn()).toBe(true);
    await eventually(async () => (await get())['level'] === 'error');
    expect(await get()).toEqual({ level: 'error', returns_at: null, returns_to: null });
    expect(componentsWarn()).toBe(false);
    expect(await requestsAreLogged()).toBe(false);
  });

  test('keeps to the last change: those before it end nothing any more', async () => {
    await set({ level: 'debug', seconds: 1 });
    expect((await set({ level: 'warn' })).body).toMatchObject({ returns_at: null });
    // Would be cut short by what the first had left behind.
    const { body } = await set({ level: 'trace', seconds: 2 });
    await eventually(async () => (await get())['level'] !== 'trace');
    // Timers and the clock may differ by a little.
    expect(Date.now()).toBeGreaterThan(Date.parse(String(body['returns_at'])) - 100);
    expect(await get()).toEqual({ level: 'warn', returns_at: null, returns_to: null });
  });

  test.each([
    ['an unknown level', { level: 'loud' }, '#/level', `must be one of ${logLevels.join(', ')}`],
    ['no level', {}, '#/level', `must be one of ${logLevels.join(', ')}`],
    ['0 seconds', { level: 'info', seconds: 0 }, '#/seconds', 'must be an integer from 1 to 3600'],
    ['3601 seconds', { level: 'info', seconds: 3601 }, '#/seconds', 'must be an integer from 1 to 3600'],
    ['half seconds', { level: 'info', seconds: 1.5 }, '#/seconds', 'must be an integer from 1 to 3600'],
    ['no number', { level: 'info', seconds: '5' }, '#/seconds', 'must be an integer from 1 to 3600'],
    ['another member', { level: 'info', minutes: 1 }, '#/minutes', 'is not known here'],
  ])('refuses %s and leaves the level', async (_name, json, pointer, detail) => {
    const { status, body } = await set(json);
    expect(status).toBe(422);
    expect(body).toMatchObject({ type: '/problems/validation-failed', errors: [{ pointer, detail }] });
    expect(await get()).toMatchObject({ level: 'error' });
  });

  test('says in the log that it changes, whatever the levels are', async () => {
    const before = api.logLines().length;
    await set({ level: 'silent' });
    await set({ level: 'info' });
    const line = { 'event.action': 'log-level-changed', 'log.level': 'warn' };
    expect(api.logLines().slice(before)).toMatchObject([
      { ...line, 'labels.log_level': 'silent', 'labels.previous_log_level': 'error' },
      { ...line, 'labels.log_level': 'info', 'labels.previous_log_level': 'silent' },
    ]);
  });

  test.each(logLevels)('the audit trail is written at level %s', async (level) => {
    await set({ level });
    const { id, token } = await api.newUser();
    const title = { json: { title: 'Audited' }, token };
    expect(await api.send('POST', '/v1/todos', title)).toMatchObject({ status: 201 });
    const written = api.logLines().filter((line) => line['event.category'] && line['user.id'] === id);
    expect(written.map((line) => line['event.action'])).toEqual(
      expect.arrayContaining(['user-registered', 'logged-in', 'todo-created']),
    );
  });
});

test('a process that logged errors only has its background work log too, once asked to', async () => {
  const database = await createTestDatabase();
  // A process that logs only errors doesn't tell which ports it took.
  const [port, managementPort] = [await freePort(), await freePort()];
  const environment = {
    DATABASE_URL: database.url,
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
  };
  const api = startProcess('main.ts', {
    ...environment,
    LOG_LEVEL: 'error',
    MAINTENANCE_INTERVAL_MS: '50',
  });
  try {
    const management = client(`http://127.0.0.1:${managementPort}`, () => {});
    // The API comes last, so by then the background work has its logger.
    const send = client(`http://127.0.0.1:${port}`);
    await eventually(async () => (await send('GET', '/health/live')).status === 200);
    const { status } = await management('PUT', '/debug/log-level', { json: { level: 'info' } });
    expect(status).toBe(200);
    // Without its tables maintenance fails, which it says once, when that began or when it is over.
    expect(await startProcess('database/migrate.ts', environment).ended).toBe(0);
    await eventually(() => /maintenance-(failed|recovered)/.test(api.output()));
  } finally {
    api.child.kill('SIGKILL');
    await api.ended;
    await database.drop();
  }
});
