/** `GET /api/alerts`: what fires, by Alertmanager, and what is about to, by Prometheus. */
import { listOf, objectOf, textOf } from '@sightline/testkit/grafana/walk.ts';
import type { LiveAlert, LiveAlerts } from '../model/live.ts';
import { ask, type Upstream } from './upstream.ts';

/** It always fires, so that its silence is noticed: nothing to look at. */
const watchdog = 'Watchdog';

const texts = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(objectOf(value)).map(([name, text]) => [name, String(text)]));

function alertOf(
  state: LiveAlert['state'],
  since: unknown,
  labels: unknown,
  annotations: unknown,
): LiveAlert {
  const { alertname = '', severity = '', ...rest } = texts(labels);
  const { summary = '', description = '', runbook_url = '', dashboard_url = '' } = texts(annotations);
  return {
    name: alertname,
    severity,
    state,
    since: textOf(since),
    summary,
    description,
    labels: rest,
    runbookUrl: runbook_url,
    dashboardUrl: dashboard_url,
  };
}

async function firing(alertmanager: Upstream, timeoutMs: number): Promise<readonly LiveAlert[]> {
  return listOf(await ask(alertmanager, '/api/v2/alerts', {}, timeoutMs)).map((alert) => {
    const { silencedBy, inhibitedBy } = objectOf(alert['status']);
    const isNamed = (by: unknown) => Array.isArray(by) && by.length > 0;
    const state = isNamed(silencedBy) ? 'silenced' : isNamed(inhibitedBy) ? 'inhibited' : 'firing';
    return alertOf(state, alert['startsAt'], alert['labels'], alert['annotations']);
  });
}

async function pending(prometheus: Upstream, timeoutMs: number): Promise<readonly LiveAlert[]> {
  const { data } = objectOf(await ask(prometheus, '/api/v1/alerts', {}, timeoutMs));
  return listOf(objectOf(data)['alerts'])
    .filter(({ state }) => state === 'pending')
    .map(({ activeAt, labels, annotations }) => alertOf('pending', activeAt, labels, annotations));
}

/** Pages first, then the newest. */
const urgency = ({ state, severity }: LiveAlert) =>
  (state === 'firing' ? 0 : 2) + (severity === 'page' ? 0 : 1);

export async function liveAlerts(
  { prometheus, alertmanager }: Readonly<Record<'prometheus' | 'alertmanager', Upstream>>,
  timeoutMs: number,
): Promise<LiveAlerts> {
  const found = await Promise.allSettled([firing(alertmanager, timeoutMs), pending(prometheus, timeoutMs)]);
  const alerts = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  return {
    alerts: alerts
      .filter(({ name }) => name !== watchdog)
      .toSorted((one, other) => urgency(one) - urgency(other) || other.since.localeCompare(one.since)),
    problems: found.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message] : [])),
  };
}
