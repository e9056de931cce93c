import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { waitFor } from '@sightline/servers/readiness.ts';
import { whyMissing } from '@sightline/tools/tools.ts';
import { whyNoBlackboxExporter } from '../native/metrics-components.ts';
import { newStack, type Stack, succeeded } from './fixtures/stacks.ts';

const missing = whyMissing('prometheus') ?? whyMissing('alertmanager') ?? whyMissing('node_exporter');
const withTools = missing === undefined ? test : test.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

const whole = { COMPONENTS: 'core,metrics' };
const address = (stack: Stack, setting: string) => `http://127.0.0.1:${stack.ports[setting]}`;

const noProbes = whyMissing('prometheus') ?? whyNoBlackboxExporter();
const withProbes = noProbes === undefined ? test : test.skip;

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  return response.json();
}

withTools(
  `make up brings Prometheus and Alertmanager, what runs is scraped, and an alert reaches the catcher${because}`,
  async () => {
    const stack = await newStack({ table: false });
    const { output } = await succeeded(stack.run('up', whole));
    for (const name of ['webhook', 'alertmanager', 'prometheus', 'node-exporter'])
      expect({ name, state: stack.component(name)?.state, output }).toMatchObject({ name, state: 'ready' });
    for (const setting of ['PROMETHEUS_PORT', 'ALERTMANAGER_PORT', 'WEBHOOK_PORT'])
      expect(output).toContain(`${address(stack, setting)}/`);

    const targets = async () => {
      const { data } = (await json(`${address(stack, 'PROMETHEUS_PORT')}/api/v1/targets`)) as {
        data: { activeTargets: { labels: { job: string; instance: string }; health: string }[] };
      };
      return data.activeTargets.map(({ labels, health }) => ({ ...labels, health }));
    };
    const isUp = async (job: string) =>
      (await targets()).some((one) => one.job === job && one.health === 'up');
    for (const job of ['prometheus', 'alertmanager', 'alert-webhook', 'node'])
      await waitFor(() => isUp(job), 60, `${job} was not scraped`);
    expect(await targets()).toContainEqual(
      expect.objectContaining({ job: 'todo-api', instance: `127.0.0.1:${stack.ports['MANAGEMENT_PORT']}` }),
    );
    expect((await targets()).filter(({ job }) => job === 'log-shipper')).toEqual([]);

    const found = (await json(`${address(stack, 'PROMETHEUS_PORT')}/api/v1/alertmanagers`)) as {
      data: { activeAlertmanagers: { url: string }[] };
    };
    expect(found.data.activeAlertmanagers).toEqual([
      { url: `${address(stack, 'ALERTMANAGER_PORT')}/api/v2/alerts` },
    ]);
    await fetch(`${address(stack, 'ALERTMANAGER_PORT')}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // Long enough ago for its group not to wait for others.
      body: JSON.stringify([
        {
          labels: { alertname: 'Tried', severity: 'ticket' },
          startsAt: new Date(Date.now() - 600_000).toISOString(),
        },
      ]),
    });
    const caught = () => json(`${address(stack, 'WEBHOOK_PORT')}/alerts`) as Promise<{ labels: object }[]>;
    await waitFor(async () => (await caught()).length > 0, 60, 'the alert did not reach the catcher');
    expect(await caught()).toEqual([
      expect.objectContaining({ receiver: 'ticket', labels: { alertname: 'Tried', severity: 'ticket' } }),
    ]);

    // A stack that is started without the metrics knows nothing of the targets of the last one.
    await succeeded(stack.run('down'));
    await succeeded(stack.run('up', { COMPONENTS: 'prometheus' }));
    await waitFor(() => isUp('prometheus'), 60, 'Prometheus did not scrape itself');
    expect((await targets()).map(({ job }) => job)).toEqual(['prometheus']);
  },
);

withTools(
  `a wrong setting of the alerts is a sentence in the table, and the API runs all the same${because}`,
  async () => {
    const stack = await newStack({ table: false });
    const { output } = await succeeded(stack.run('up', { ...whole, ALERT_PAGE_TO: 'pigeon' }));
    expect(output).toMatch(/alertmanager +failed: ALERT_PAGE_TO names the unknown receiver "pigeon"/);
    expect((await fetch(`${address(stack, 'API_PORT')}/health/ready`)).status).toBe(200);
  },
);

withProbes(
  `the API is probed from outside, and that it is stopped is noticed${noProbes === undefined ? '' : ` (skipped: ${noProbes})`}`,
  async () => {
    const stack = await newStack({ table: false });
    await succeeded(stack.run('up', { COMPONENTS: 'core,prometheus,blackbox-exporter' }));
    const probe = async () => {
      const query = `probe_success{job="blackbox",instance="${address(stack, 'API_PORT')}/health/ready"}`;
      const { data } = (await json(
        `${address(stack, 'PROMETHEUS_PORT')}/api/v1/query?query=${encodeURIComponent(query)}`,
      )) as { data: { result: { value: [number, string] }[] } };
      return data.result[0]?.value[1];
    };
    await waitFor(async () => (await probe()) === '1', 60, 'the probe did not succeed');
    await succeeded(stack.run('stop', { C: 'api' }));
    await waitFor(async () => (await probe()) === '0', 60, 'the probe did not fail');
  },
);

test('without Go and built tools make up serves the API and names what is missing and what to install', async () => {
  const stack = await newStack({ table: false });
  const env = {
    ...whole,
    PATH: pathWithout(stack.top, ['go', 'prometheus', 'alertmanager', 'node_exporter']),
  };
  const { output } = await succeeded(stack.run('up', { ...env, SIGHTLINE_CACHE: join(stack.top, 'cache') }));
  for (const [component, program] of [
    ['prometheus', 'prometheus'],
    ['alertmanager', 'alertmanager'],
    ['node-exporter', 'node_exporter'],
  ] as const) {
    expect(stack.component(component)?.state).toBe('missing');
    expect(output).toContain(`${program} can't be built: Go is not on the PATH. Install Go 1.26 or newer`);
  }
  expect(stack.component('webhook')?.state).toBe('ready');
  expect((await fetch(`${address(stack, 'API_PORT')}/health/ready`)).status).toBe(200);
});

/** A folder with a link to every program of the PATH but those named. */
function pathWithout(top: string, names: readonly string[]): string {
  const folder = join(top, 'bin');
  mkdirSync(folder);
  const seen = new Set(names);
  for (const source of (process.env['PATH'] ?? '').split(delimiter).filter((path) => existsSync(path))) {
    for (const program of readdirSync(source)) {
      if (seen.has(program)) continue;
      seen.add(program);
      symlinkSync(join(source, program), join(folder, program));
    }
  }
  return folder;
}
