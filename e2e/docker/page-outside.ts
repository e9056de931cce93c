/**
 * `node e2e/docker/page-outside.ts`: does a page leave the networks of the stack that runs by Docker? A webhook of this
 * machine, at none of its loopback addresses, stands for one elsewhere: Alertmanager is started again with it as its receiver, is
 * given an alert that pages, and has to tell the webhook. Then it is started as it was.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { waitFor } from '@sightline/servers/readiness.ts';
import { stackDirectoryOf } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { readRecord } from '@sightline/stack/compose/record.ts';

/** A page waits 15 s for others of its group. */
const patienceSeconds = 90;
const labels = { alertname: 'PageOutside', severity: 'page', job: 'workflows' };

/** An address of this machine that others can reach; Docker's own bridge where it has no other. */
function ownAddress(): string {
  const found = Object.entries(networkInterfaces())
    .flatMap(([name, addresses = []]) => addresses.map((address) => ({ name, ...address })))
    .filter(({ address, internal, name }) => isIPv4(address) && !internal && !/^(br-|veth)/.test(name))
    .toSorted(
      (one, other) => Number(one.name.startsWith('docker')) - Number(other.name.startsWith('docker')),
    );
  const [first] = found;
  if (first !== undefined) return first.address;
  throw new Error('This machine has no address but loopback, where no container gets to.');
}

/** Starts Alertmanager, with these settings of whom it tells. @throws Error with what `make up` said */
function restart(receivers: Readonly<Record<string, string>>): void {
  const environment = { ...process.env, ALERT_WEBHOOK_URL: '', ...receivers };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['stack/cli.ts', 'up'], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...environment, STACK: 'docker', COMPONENTS: 'alertmanager' },
  });
  if (status !== 0) throw new Error(`Alertmanager did not start:\n${stdout}${stderr}`);
}

interface Notification {
  readonly status: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
}

async function prove(): Promise<void> {
  const port = readRecord(stackDirectoryOf(process.env))?.ports['ALERTMANAGER_PORT'];
  if (port === undefined) throw new Error('No stack runs by Docker here. Start it: make up STACK=docker');
  const told: { from: string; notification: Notification }[] = [];
  const webhook = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const notification = JSON.parse(Buffer.concat(chunks).toString()) as Notification;
    told.push({ from: request.socket.remoteAddress ?? '', notification });
    response.end();
  }).listen(0, ownAddress());
  await once(webhook, 'listening');
  const { address, port: webhookPort } = webhook.address() as AddressInfo;
  const page = () =>
    told.find(({ notification: { alerts } }) =>
      alerts.some((alert) => alert.labels['alertname'] === labels.alertname),
    );
  try {
    restart({ ALERT_WEBHOOK_URL: `http://${address}:${webhookPort}/` });
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels, annotations: { summary: 'A page that leaves the stack.' } }]),
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok)
      throw new Error(`Alertmanager answered ${answer.status} to an alert: ${await answer.text()}`);
    await waitFor(
      () => page() !== undefined,
      patienceSeconds,
      `Alertmanager told ${address}:${webhookPort} nothing of the page`,
    );
    console.log(
      `ok      a page came to ${address}:${webhookPort}, out of the networks of the stack, from ${page()?.from}`,
    );
  } finally {
    webhook.closeAllConnections();
    webhook.close();
    restart({});
  }
}

try {
  await prove();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
