/**
 * `node e2e/outage/logs-outage.ts`: no log line is lost, and none is there twice, though Elasticsearch is away for
 * OUTAGE_SECONDS (60) under RATE (500) requests a second, the shipper is killed twice with a rollover before each resend,
 * and the log is rotated. Meanwhile its alerts fire and reach the webhook, and no others. On a stack of its own with the
 * rules of the drills.
 */
import { renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, connect, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { integer } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { scrape } from '@sightline/testkit/prometheus.ts';
import { watchContention } from '../contention.ts';
import { falseAlarms, watchAlerts } from '../fired-alerts.ts';
import { ownStack } from '../own-stack.ts';
import { countDocuments, faultsOfLines, faultsOfRequests, idsIn } from './logged-once.ts';
import { notificationsOf } from './notifications.ts';
import { provePoisonLine } from './poison-line.ts';
import { killInFlight, watchMemory } from './shipper-under-fire.ts';
import { type SentRequest, startSteadyLoad } from './steady-load.ts';

const { RATE: rate, OUTAGE_SECONDS: outageSeconds } = readSettings(
  { RATE: { ...integer(10, 2000), unset: '500' }, OUTAGE_SECONDS: { ...integer(30, 600), unset: '60' } },
  process.env,
);
/** Until the API is as fast as it gets, and then until there is enough to compare with. */
const warmUpSeconds = 5;
const calmSeconds = 15;
/** How long the load goes on at most while the shipper catches up. */
const catchUpSeconds = 20;
/** For what has to come, however busy the machine is. */
const patienceSeconds = 900;
/** Less than waits anywhere between two scrapes while all is well: what is written within a second or two. */
const caughtUpBytes = 1500 * rate;
const idPrefix = 'outage-';
const duringOutage = ['ElasticsearchDown', 'LogPipelineStalled', 'LogPipelineLagging'];
const expected = new Set([...duringOutage, 'LogDeadLetters']);

const say = (line: string) => console.error(line);
const stack = await ownStack(() => ({ ALERT_WINDOWS: 'drill' }));
const at = (port: string) => `http://127.0.0.1:${stack.port(port)}`;
const log = pathsIn(stack.directory).log;
const rotatedLog = `${log('api')}.1`;

/** Stops, starts or restarts a component, and waits until it is so. */
async function operate(operation: 'stop' | 'start' | 'restart', component: string): Promise<void> {
  if (!(await stack.runWith({ C: component }, 'stack/native/cli.ts', operation)))
    throw new Error(`${component} did not ${operation}.`);
}

/** A metric of the shipper; undefined while it restarts. */
async function shipperMetric(name: 'log_shipper_elasticsearch_up' | 'log_shipper_lag_bytes') {
  return (await scrape(at('LOG_SHIPPER_PORT')).catch(() => undefined))?.get(name);
}

const p99 = (requests: readonly SentRequest[], from: number, to: number) => {
  const times = requests
    .filter(({ sentAt }) => sentAt >= from && sentAt < to)
    .flatMap(({ seconds }) => seconds ?? [])
    .sort((one, other) => one - other);
  return (times[Math.ceil(0.99 * times.length) - 1] ?? Number.NaN) * 1000;
};

/** The faults found so far, a sentence each. */
const faults: string[] = [];

/** When things happened, in milliseconds since 1970. */
interface Times {
  readonly calmFrom: number;
  readonly calmTo: number;
  readonly outageFrom: number;
  /** Until the API restarts, which makes it slow for another reason. */
  readonly outageTo: number;
  readonly backAt: number;
  readonly foundAt: number;
  readonly caughtUpAt: number;
}

/** Looks for requests and lines that aren't there once, as soon as everything can be there. */
async function compare(connection: Connection, requests: readonly SentRequest[]): Promise<void> {
  const isWhole = async () => (await countDocuments(connection, idPrefix)) >= requests.length;
  await waitFor(isWhole, patienceSeconds, '').catch(() => {
    // Which are missing is said below.
  });
  // Probes go on: what is written by now, and was acknowledged since, has to be there.
  const written = idsIn([rotatedLog, ...['api', 'migrate', 'seed'].map(log)]);
  const isIdle = async () => (await shipperMetric('log_shipper_lag_bytes')) === 0;
  await waitFor(isIdle, patienceSeconds, 'The shipper had not shipped all');
  await connection.client.indices.refresh({ index: dataStream });
  faults.push(...(await faultsOfRequests(connection, idPrefix, requests)));
  faults.push(...(await faultsOfLines(connection, written)));
}

function report(requests: readonly SentRequest[], waitingBytes: number, times: Times): void {
  const { calmFrom, calmTo, outageFrom, outageTo, backAt, foundAt, caughtUpAt } = times;
  const before = p99(requests, calmFrom, calmTo);
  const during = p99(requests, outageFrom, outageTo);
  const after = p99(requests, backAt, caughtUpAt);
  const inSeconds = (ms: number) => (ms / 1000).toFixed(1);
  say(
    `p99 of the API: ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during the outage (ratio ` +
      `${(during / before).toFixed(2)}), ${after.toFixed(1)} ms while catching up (${(after / before).toFixed(2)})`,
  );
  say(
    `${(waitingBytes / 1e6).toFixed(1)} MB waited; the shipper found Elasticsearch ${inSeconds(foundAt - backAt)} s ` +
      `after it was back, and had caught up ${inSeconds(caughtUpAt - foundAt)} s later, killed once in between`,
  );
}

async function prove(): Promise<void> {
  say('starting a stack …');
  if (!(await stack.run('stack/native/cli.ts', 'up'))) throw new Error('The stack did not start.');
  const connection = connect({ ELASTICSEARCH_URL: at('ELASTICSEARCH_PORT') });
  await using contention = await watchContention();
  const alerts = watchAlerts(at('PROMETHEUS_PORT'), contention);
  const memory = watchMemory(stack.directory);
  const notifications = notificationsOf(at('WEBHOOK_PORT'), {
    instance: `127.0.0.1:${stack.port('LOG_SHIPPER_PORT')}`,
    job: 'log-shipper',
    kind: 'cause',
    severity: 'ticket',
  });
  say(`${rate} requests a second …`);
  await using load = await startSteadyLoad({ clientsUrl: at('API_PORT'), idPrefix, rate });
  await delay(warmUpSeconds * 1000);
  const calmFrom = Date.now();
  await delay(calmSeconds * 1000);
  const calmTo = Date.now();

  say(`the shipper was killed with ${await killInFlight(stack.directory, connection)} bytes in doubt`);
  await operate('stop', 'elasticsearch');
  const outageFrom = Date.now();
  const until = (share: number) => delay(Math.max(0, outageFrom + share * outageSeconds * 1000 - Date.now()));
  const fired = async (alert: string) => {
    await notifications.await(alert, 'firing', patienceSeconds);
    const seconds = (Date.now() - outageFrom) / 1000;
    if (seconds > outageSeconds * contention.slowdown())
      faults.push(`${alert} reached the webhook ${seconds.toFixed(0)} s after the outage began.`);
  };
  await Promise.all([...duringOutage.map(fired), until(0.6)]);
  // As logrotate does it: what has the file open writes on into it under its new name, here until a restart.
  renameSync(log('api'), rotatedLog);
  await until(0.8);
  const outageTo = Date.now();
  await load.pause();
  await operate('restart', 'api');
  load.resume();
  await until(1);
  await operate('start', 'elasticsearch');
  const backAt = Date.now();
  const waiting = (await shipperMetric('log_shipper_lag_bytes')) ?? 0;
  const isUp = async () => (await shipperMetric('log_shipper_elasticsearch_up')) === 1;
  await waitFor(isUp, patienceSeconds, 'The shipper did not find Elasticsearch again');
  const foundAt = Date.now();
  say(`the shipper was killed with ${await killInFlight(stack.directory, connection)} bytes in doubt`);
  const isCaughtUp = async () =>
    ((await shipperMetric('log_shipper_lag_bytes')) ?? Number.POSITIVE_INFINITY) < caughtUpBytes;
  const caughtUp = waitFor(
    isCaughtUp,
    patienceSeconds,
    `The shipper had not caught up after ${waiting} bytes`,
  ).then(() => Date.now());
  // No longer on a machine that is too busy for both.
  await Promise.race([caughtUp, delay(catchUpSeconds * 1000)]);
  await load.stop();
  const caughtUpAt = await caughtUp;

  const kept =
    load.skipped() === 0 ? '' : `; ${load.skipped()} more were due while too many waited for an answer`;
  say(`${load.requests.length} requests${kept}`);
  report(load.requests, waiting, { calmFrom, calmTo, outageFrom, outageTo, backAt, foundAt, caughtUpAt });
  await compare(connection, load.requests);
  for (const alert of duringOutage) await notifications.await(alert, 'resolved', patienceSeconds);
  await provePoisonLine(stack, connection, notifications);
  say(`most memory of the shipper: ${(memory.stop() / 1e6).toFixed(0)} MB`);
  const others = (await alerts.stop()).filter(({ labels }) => !expected.has(labels['alertname'] ?? ''));
  const wrong = falseAlarms(others, [rotatedLog, log('api')]);
  await connection.client.close();
  faults.push(
    ...wrong.map(({ labels }) => `${labels['alertname']} fired, which tells of nothing that happened.`),
  );
}

try {
  await prove();
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error));
} finally {
  await stack.stop();
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
