import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type RunningProgram, start } from '@sightline/testkit/programs.ts';
import { AlertFile } from '../webhook/alert-file.ts';
import { DeadMansSwitch } from '../webhook/dead-mans-switch.ts';
import { readCatcherSettings } from '../webhook/settings.ts';
import { newFolder } from './support/programs.ts';

const main = resolve(import.meta.dirname, '../webhook/main.ts');
const running: RunningProgram[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  for (const { stop } of running.splice(0)) await stop();
});

async function startCatcher(environment: Record<string, string> = {}) {
  const folder = newFolder();
  const file = join(folder, 'alerts.jsonl');
  const catcher = await start(
    folder,
    '/health',
    () => [process.execPath, main],
    (port) => ({ WEBHOOK_PORT: String(port), WEBHOOK_FILE: file, ...environment }),
  );
  running.push(catcher);
  const get = (path: string) => fetch(`${catcher.url}${path}`);
  return {
    file,
    url: catcher.url,
    output: catcher.output,
    send: (body: unknown) =>
      fetch(catcher.url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    get,
    alerts: async () => (await (await get('/alerts')).json()) as { labels: { alertname: string } }[],
    watchdog: async () => {
      const response = await get('/watchdog');
      return { status: response.status, ...((await response.json()) as { alive: boolean; detail: string }) };
    },
    heartbeatAt: async () => {
      const text = await (await get('/metrics')).text();
      return Number(/^watchdog_last_received_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
    },
  };
}

test('shows the runbooks of the folder that it is given, and nothing else of it', async () => {
  const { get } = await startCatcher({
    WEBHOOK_RUNBOOKS: resolve(import.meta.dirname, '../../alerts/runbooks'),
  });
  const page = await get('/runbooks/TargetDown.md');
  expect([page.status, page.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/plain'),
  ]);
  expect(await page.text()).toContain('TargetDown');
  for (const path of [
    '/runbooks/No.md',
    '/runbooks/',
    '/runbooks/%2e%2e/generate.ts',
    '/runbooks/../generate.ts',
  ])
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  const without = await startCatcher();
  expect((await without.get('/runbooks/TargetDown.md')).status).toBe(404);
});

const notification = (alertname: string, status = 'firing') => ({
  version: '4',
  receiver: 'ticket',
  status,
  alerts: [
    {
      status,
      labels: { alertname },
      annotations: { summary: `about ${alertname}` },
      startsAt: '2026-11-21T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: 'f00',
    },
  ],
});

test('what Alertmanager sends is shown newest first and kept in a file that only its owner reads', async () => {
  const { send, alerts, file } = await startCatcher();
  for (const [name, status] of [['First'], ['Second'], ['First', 'resolved']] as const)
    expect((await send(notification(name, status))).status).toBe(200);
  expect(await alerts()).toEqual([
    expect.objectContaining({ labels: { alertname: 'First' }, status: 'resolved' }),
    expect.objectContaining({ labels: { alertname: 'Second' }, status: 'firing' }),
    expect.objectContaining({
      receiver: 'ticket',
      status: 'firing',
      labels: { alertname: 'First' },
      annotations: { summary: 'about First' },
      startsAt: '2026-11-21T10:00:00Z',
      receivedAt: expect.stringMatching(/^20\d\d-.*Z$/),
    }),
  ]);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(3);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('only the newest are kept, also in the file and after a restart', () => {
  const folder = newFolder();
  folders.push(folder);
  const path = join(folder, 'alerts.jsonl');
  const alert = (name: string) => ({
    receivedAt: '2026-11-21T10:00:00.000Z',
    receiver: 'ticket',
    status: 'firing' as const,
    labels: { alertname: name },
    annotations: {},
    startsAt: '',
    endsAt: '',
    fingerprint: '',
  });
  const file = new AlertFile(path, 3);
  for (let n = 1; n <= 10; n += 1) file.add([alert(`A${n}`)]);
  const newest = ['A10', 'A9', 'A8'];
  const names = (one: AlertFile) => one.newestFirst.map(({ labels }) => labels['alertname']);
  expect(names(file)).toEqual(newest);
  expect(readFileSync(path, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(6);
  // A crash in the middle of a line.
  appendFileSync(path, '{"receivedAt":"2026-');
  const again = new AlertFile(path, 3);
  expect(names(again)).toEqual(newest);
  again.add([alert('A11')]);
  expect(names(new AlertFile(path, 3))).toEqual(['A11', 'A10', 'A9']);
});

test.each([
  ['no JSON', 'hello', 'The body is not JSON.'],
  ['another object', {}, 'The body is not a notification of Alertmanager'],
  ['an alert without a status', { receiver: 'x', alerts: [{}] }, 'alerts[0].status is neither'],
  ['no object', 'null', 'The body is not an object.'],
] as const)('%s is refused with a sentence and kept nowhere', async (_, body, sentence) => {
  const { send, alerts } = await startCatcher();
  const response = await send(body);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: expect.stringContaining(sentence) });
  expect(await alerts()).toEqual([]);
});

test('an address that there is not gets the known ones', async () => {
  const { get } = await startCatcher();
  const response = await get('/grafana');
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: expect.stringContaining('GET /alerts') });
});

test('a heartbeat that stays away is said once, turns /watchdog to 503, and its return is said too', async () => {
  const { send, watchdog, heartbeatAt, output, alerts } = await startCatcher({
    WATCHDOG_SILENCE_SECONDS: '4',
  });
  expect(await heartbeatAt()).toBe(0);
  const before = Date.now() / 1000;
  await send(notification('Watchdog'));
  expect(await heartbeatAt()).toBeGreaterThanOrEqual(before);
  expect(await watchdog()).toMatchObject({ status: 200, alive: true });
  await eventually(
    () => /WATCHDOG SILENT: No heartbeat of Watchdog for \d s \(allowed: 4 s\)/.test(output()),
    20_000,
  );
  expect(await watchdog()).toMatchObject({
    status: 503,
    alive: false,
    detail: expect.stringContaining('Prometheus or Alertmanager is dead'),
  });
  await send(notification('Watchdog'));
  expect(await watchdog()).toMatchObject({ status: 200, alive: true });
  expect(output().match(/WATCHDOG SILENT/g)).toHaveLength(1);
  expect(output()).toContain('Watchdog is heard again');
  // A heartbeat a minute would push out what people look for.
  expect(await alerts()).toEqual([]);
});

test.each([
  ['a page of another site', { origin: 'https://evil.example' }, 403],
  ['a page without an origin', { origin: 'null' }, 403],
  ['a form that is sent from another port of this machine', { 'sec-fetch-site': 'same-site' }, 403],
  [
    'a form that leads here as a link does',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    403,
  ],
  ['a name that was pointed at this address', { host: 'rebound.evil.example:9095' }, 403],
  ['the name that compose and Kubernetes give it', { host: 'webhook:9095' }, 200],
] as const)(
  "the dead man's switch is fed by Alertmanager, not by web pages: %s",
  async (_, headers, status) => {
    const { url, heartbeatAt } = await startCatcher();
    // Headers as they are; `fetch` would keep some to itself.
    const sent = await new Promise<number | undefined>((answer, reject) =>
      request(url, { method: 'POST', headers }, (response) => answer(response.resume().statusCode))
        .on('error', reject)
        .end(JSON.stringify(notification('Watchdog'))),
    );
    expect(sent).toBe(status);
    expect((await heartbeatAt()) > 0).toBe(status === 200);
  },
);

test('what came is not read under a name that a page points here; a link of another page shows it', async () => {
  const { url } = await startCatcher();
  const status = (headers: Record<string, string>) =>
    new Promise((answer, reject) =>
      request(`${url}/alerts`, { headers }, (response) => answer(response.resume().statusCode))
        .on('error', reject)
        .end(),
    );
  expect(await status({ host: 'rebound.evil.example' })).toBe(403);
  expect(await status({ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' })).toBe(200);
});

test('a Watchdog that is resolved is no heartbeat', async () => {
  const { send, heartbeatAt } = await startCatcher();
  await send(notification('Watchdog', 'resolved'));
  expect(await heartbeatAt()).toBe(0);
});

test('a heartbeat that never came counts as silence from the start on, and not before', () => {
  const said: string[] = [];
  const start = Date.parse('2026-11-21T10:00:00Z');
  const deadMansSwitch = new DeadMansSwitch(180, start, (line) => said.push(line));
  expect(deadMansSwitch.look(start + 179_000).alive).toBe(true);
  expect(deadMansSwitch.look(start + 180_000)).toMatchObject({
    alive: false,
    detail: expect.stringContaining('none was received since the start'),
  });
  deadMansSwitch.look(start + 200_000);
  expect(said).toHaveLength(1);
});

test('a heartbeat that a clock of the future dated counts from when the clock is set back', () => {
  const start = Date.parse('2026-11-21T10:00:00Z');
  const ahead = start + 365 * 86_400_000;
  const deadMansSwitch = new DeadMansSwitch(180, ahead, () => {});
  deadMansSwitch.heard(ahead + 1000);
  expect(deadMansSwitch.look(start).alive).toBe(true);
  expect(deadMansSwitch.lastHeartbeat).toBe(start);
  expect(deadMansSwitch.look(start + 179_000).alive).toBe(true);
  expect(deadMansSwitch.look(start + 180_000).alive).toBe(false);
});

test('every wrong setting is named with what it got', () => {
  expect(() => readCatcherSettings({ WEBHOOK_PORT: '70000', WATCHDOG_SILENCE_SECONDS: 'long' })).toThrow(
    'WEBHOOK_PORT is "70000"; it takes a TCP port from 1 to 65535.\n' +
      'WEBHOOK_FILE is not set; it takes the path of a file to keep alerts in.\n' +
      'WATCHDOG_SILENCE_SECONDS is "long"; it takes an integer from 1 to 86400.',
  );
});
