/** What happens to pods while requests come: none of them may notice. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../native/readiness.ts';
import { Unproven } from '../../verify/check.ts';
import type { Ground } from '../check.ts';
import { kubectl } from '../kubectl.ts';
import { startLoad } from '../load.ts';
import { apiPods, evict, isReady, namespace, setImage, settled } from '../pods.ts';
import { fires } from '../prometheus.ts';

/** Requests come for so long before a change, and after it: a kube-proxy that is late is seen. */
const calmMs = 3000;
const alertSeconds = 90;
/** As many failures as one reads. */
const shown = 5;

/** Makes a change while requests come. Returns what it says, and how many requests were answered. */
async function underLoad(ground: Ground, change: () => Promise<string>): Promise<string> {
  const load = startLoad(ground.apiUrl, await ground.accounts());
  let said: string;
  try {
    await pause(calmMs);
    said = await change();
    await pause(calmMs);
  } finally {
    await load.stop();
  }
  const { answered, failures } = load.counts();
  if (failures.length > 0)
    throw new Unproven([
      `${failures.length} of ${answered + failures.length} requests failed, and none may; the first of them:`,
      ...failures.slice(0, shown),
    ]);
  if (answered === 0) throw new Unproven(['No request was made, so nothing was shown.']);
  return `${said}; ${answered} requests meanwhile, none failed`;
}

export const checkRollingUpdate = (ground: Ground): Promise<string> =>
  underLoad(ground, async () => {
    await setImage(ground.nextImage);
    return `${await settled(ground.nextImage)} pods were replaced by those of the next release`;
  });

export const checkEviction = (ground: Ground): Promise<string> =>
  underLoad(ground, async () => {
    const victim = (await apiPods()).find(isReady)?.metadata.name ?? '';
    await evict(victim);
    const count = await settled(ground.nextImage);
    if ((await apiPods()).some(({ metadata }) => metadata.name === victim))
      throw new Unproven([`The pod ${victim} was evicted and is still there.`]);
    return `${victim} was evicted, and ${count} pods are Ready again`;
  });

/** The alert's life on a broken rollout, where there is something that tells of replicas. */
async function alerting(
  ground: Ground,
  alert: string,
  labels: Readonly<Record<string, string>>,
  isFiring: boolean,
) {
  if (!ground.objects.some(({ metadata }) => metadata.name === 'kube-state-metrics')) return;
  await waitFor(
    async () => (await fires(alert, labels)) === isFiring,
    alertSeconds,
    `${alert} did not ${isFiring ? 'fire' : 'resolve'}`,
  );
}

export const checkBrokenRelease = (ground: Ground): Promise<string> =>
  underLoad(ground, async () => {
    const replicas = (await apiPods()).filter(isReady).length;
    await setImage(ground.brokenImage);
    const crashed = async () =>
      (await apiPods()).some(({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0);
    await waitFor(crashed, alertSeconds, 'No pod of the broken release crashed');
    await alerting(ground, 'DeploymentReplicasUnavailable', { deployment: 'todo-api' }, true);
    const left = (await apiPods()).filter(isReady).length;
    if (left < replicas)
      throw new Unproven([
        `${left} pods were Ready beside the broken one, ${replicas} before it; none may go.`,
      ]);
    await kubectl(['rollout', 'undo', 'deployment/todo-api', `--namespace=${namespace}`]);
    await settled(ground.nextImage);
    await alerting(ground, 'DeploymentReplicasUnavailable', { deployment: 'todo-api' }, false);
    return `its pod crashed, ${left} others stayed, DeploymentReplicasUnavailable fired, and resolved once it was rolled back`;
  });

/** Without notice, as when its node dies: requests may fail until the others have taken over, and none after. */
export async function checkKilledPod(ground: Ground): Promise<string> {
  const victim = (await apiPods()).find(isReady)?.metadata.name ?? '';
  await kubectl(['delete', 'pod', victim, `--namespace=${namespace}`, '--grace-period=0', '--force']);
  const count = await settled(ground.nextImage);
  return underLoad(ground, () => Promise.resolve(`${victim} was killed, and ${count} pods are Ready again`));
}

export async function checkFailedJob(ground: Ground): Promise<string> {
  const migration = ground.objects.find(
    ({ kind, metadata }) => kind === 'Job' && metadata.name.includes('migrate'),
  );
  if (migration === undefined) throw new Unproven(['There is no migration Job.']);
  const name = 'todo-api-migrate-broken';
  const spec = structuredClone(migration.spec) as {
    backoffLimit: number;
    template: { spec: { containers: { args: string[] }[] } };
  };
  // No second attempt, which comes only after 10 s.
  spec.backoffLimit = 0;
  for (const container of spec.template.spec.containers) container.args = ['app/src/no-such-program.ts'];
  await kubectl(['create', '-f', '-'], { ...migration, metadata: { ...migration.metadata, name }, spec });
  try {
    await alerting(ground, 'JobFailed', { job_name: name }, true);
  } finally {
    await kubectl(['delete', 'job', name, `--namespace=${namespace}`]);
  }
  await alerting(ground, 'JobFailed', { job_name: name }, false);
  return `a migration that can't run fired JobFailed, which resolved once it was removed`;
}
