/** Waits for a stack that is whole again after a fault. */

import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { fetchText, type Prometheus, prometheusAt } from '@sightline/testkit/prometheus.ts';
import type { SystemUnderTest } from '../drills/system.ts';
import { tellsOfBusyMachine, tellsOfSlowAnswers } from '../fired-alerts.ts';
import { logOfFile } from '../verify/access-log.ts';

const recoverySeconds = 90;
/** The longest windows of the drill rules that end by themselves, and the restarts that are counted for a minute. */
const quietSeconds = 180;
/** A scrape, what is recorded of it, and the alert about that: each comes every second. */
const calmMs = 3000;

/**
 * Until these components are ready, and a user can write.
 * @throws DeadlineError with a sentence when they are not
 */
export async function recovered(system: SystemUnderTest, components: readonly string[]): Promise<void> {
  await system.until(
    () => components.every((component) => system.has(component) === undefined),
    recoverySeconds,
    'Not all components came back',
  );
  const { token, origin } = await system.account();
  const canWrite = async () => {
    const answer = await fetchText(`${system.addresses.API_URL}/v1/todos`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...origin },
      body: JSON.stringify({ title: 'Written after a fault' }),
    }).catch(() => undefined);
    return answer?.status === 201;
  };
  await system.until(canWrite, recoverySeconds, 'No write was answered with 201');
}

type Labels = Readonly<Record<string, string>>;

/** The alerts that fire or are about to, but for Watchdog; undefined when no rule was evaluated yet. */
async function alertsNow(prometheus: Prometheus): Promise<readonly Labels[] | undefined> {
  const alerts = await prometheus.alerts();
  const others = alerts.filter(({ labels }) => labels['alertname'] !== 'Watchdog');
  return others.length === alerts.length ? undefined : others.map(({ labels }) => labels);
}

/** Up to when alerts tell what happened: each target was scraped since then, and each rule evaluated. */
async function knownUntil(prometheus: Prometheus): Promise<number> {
  const groups = await prometheus.ruleGroups();
  const targets = await prometheus.targets();
  return Math.min(
    ...targets.map(({ scrapedAt }) => scrapedAt),
    ...groups.map(({ evaluatedAt }) => evaluatedAt),
  );
}

/** The file of the service's log lines. */
export const logOf = ({ settings }: SystemUnderTest): string => pathsIn(settings.stackDirectory).log('api');

/**
 * Until no alert fires or is pending for some seconds of what Prometheus knows. One about slow answers that the log has
 * is of a machine that is busy with something else, and not waited for.
 * @param logEnd from where on the log is looked at, in bytes
 * @returns sentences about what is left of them
 */
export async function quiet(system: SystemUnderTest, logEnd: number): Promise<readonly string[]> {
  const log = logOf(system);
  const prometheus = prometheusAt(system.addresses.PROMETHEUS_URL);
  let left: readonly string[] = [];
  let since = Number.POSITIVE_INFINITY;
  const rested = await system.comes(async () => {
    const alerts = await alertsNow(prometheus);
    const wrong = alerts?.filter(
      (labels) =>
        !tellsOfBusyMachine({ labels, slowdown: system.worstSlowdown }) &&
        !tellsOfSlowAnswers({ labels }, logOfFile(log).requestsSince(logEnd)),
    );
    left = wrong?.map((labels) => labels['alertname'] ?? '') ?? ['no Watchdog'];
    since = left.length === 0 ? Math.min(since, Date.now()) : Number.POSITIVE_INFINITY;
    return (left.length === 0 && (await knownUntil(prometheus)) - since > calmMs) || undefined;
  }, quietSeconds);
  return rested === undefined
    ? [`${quietSeconds} s after the recovery there is still: ${[...new Set(left)].join(', ')}.`]
    : [];
}
