/**
 * `node stack/checks/alerts-quiet.ts`: a healthy service under load fires no alert but Watchdog. On a stack of its own
 * with the rules of the drills, whose windows are so short that MINUTES (1) of load go through all of them. An alert
 * about latency is no false one when the service's log has the slow answers that it tells of, as on a machine that is
 * busy with something else: then it is printed, and believed.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Slo } from '../../app/src/telemetry/contract.ts';
import { slos } from '../../app/src/telemetry/signals.ts';
import { runLoad } from '../../loadtest/run.ts';
import { requestsSince } from '../verify/access-log.ts';
import { ownStack } from './own-stack.ts';

const minutes = Number(process.env['MINUTES'] || 1);
if (!(minutes >= 1 && minutes <= 60))
  throw new Error(`MINUTES is "${process.env['MINUTES']}"; it takes a number from 1 to 60.`);

interface Alert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Milliseconds between two looks: less than any alert of the drill rules fires for. */
const lookMs = 500;

const stack = await ownStack(() => ({ ALERT_WINDOWS: 'drill' }));
const prometheus = `http://127.0.0.1:${stack.port('PROMETHEUS_PORT')}`;
const fired = new Map<string, Alert>();
let watched = false;

async function look(): Promise<void> {
  const response = await fetch(`${prometheus}/api/v1/alerts`, { signal: AbortSignal.timeout(10_000) });
  const { data } = (await response.json()) as { data: { alerts: readonly Alert[] } };
  for (const alert of data.alerts.filter(({ state }) => state === 'firing')) {
    if (alert.labels['alertname'] === 'Watchdog') watched = true;
    else fired.set(JSON.stringify(alert.labels), alert);
  }
}

/** Answers that took longer than the threshold of an SLO, which is the number in its name. */
function slowAnswers(slo: string): number {
  const [, value, unit] = /-(\d+)(ms|s)$/.exec(slo) ?? [];
  const thresholdMs = Number(value) * (unit === 's' ? 1000 : 1);
  const requests = requestsSince(join(stack.directory, 'logs/api.log'), 0);
  return requests.filter(({ seconds }) => seconds * 1000 > thresholdMs).length;
}

/** Whether an alert tells of something that happened. */
function isRight({ labels }: Alert): boolean {
  const slo = labels['slo'] ?? '';
  const { leastBadEvents } = (slos as Readonly<Record<string, Slo>>)[slo] ?? {};
  return slo.startsWith('latency-') && leastBadEvents !== undefined && slowAnswers(slo) >= leastBadEvents;
}

async function prove(): Promise<boolean> {
  console.error('starting a stack …');
  if (!(await stack.run('stack/native/cli.ts', 'up'))) return false;
  const end = new AbortController();
  const looking = (async () => {
    while (!end.signal.aborted) {
      await look();
      await delay(lookMs, undefined, { signal: end.signal }).catch(() => {});
    }
  })();
  console.error(`k6 makes journeys for ${minutes} min …`);
  const { summary, output } = await runLoad({
    profile: 'smoke',
    target: `http://127.0.0.1:${stack.port('API_PORT')}`,
    directory: join(stack.directory, 'load'),
    testId: 'alerts-quiet',
    seconds: minutes * 60,
  });
  end.abort();
  await looking;
  await look();
  if (summary === undefined) throw new Error(`k6 ended before it summed up:\n${output.trim()}`);
  if (!watched) console.error('Watchdog did not fire: no rule was evaluated.');
  const all = [...fired.values()];
  for (const alert of all) {
    const { alertname, severity, slo = '' } = alert.labels;
    const verdict = isRight(alert) ? 'true, the log has it' : 'FALSE';
    console.error(
      `${alertname} (${severity}) ${slo} fired: ${verdict}. ${alert.annotations['description'] ?? ''}`,
    );
  }
  return watched && all.every(isRight);
}

let proven = false;
try {
  proven = await prove();
} finally {
  await stack.stop();
}
process.exitCode = proven ? 0 : 1;
