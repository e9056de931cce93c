/** What happens to pods while requests come: none of them may notice. */
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../native/readiness.ts';
import { Unproven } from '../../verify/check.ts';
import type { Ground } from '../check.ts';
import { kubectl } from '../kubectl.ts';
import { startLoad } from '../load.ts';
import { apiPods, evict, isReady, namespace, type Pod, setImage, settled, wantedReplicas } from '../pods.ts';
import { alertIs } from './alerts.ts';

/** Requests come for so long before a change, and after it: a kube-proxy that is late is seen. */
const calmMs = 3000;
const crashSeconds = 90;
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

export const checkBrokenRelease = (ground: Ground): Promise<string> =>
  underLoad(ground, async () => {
    const replicas = (await apiPods()).filter(isReady).length;
    const isBroken = ({ spec }: Pod) => spec.containers.some(({ image }) => image === ground.brokenImage);
    await setImage(ground.brokenImage);
    let left: number;
    try {
      const crashed = async () =>
        (await apiPods()).some(
          (pod) => isBroken(pod) && (pod.status.containerStatuses?.[0]?.restartCount ?? 0) > 0,
        );
      await waitFor(crashed, crashSeconds, 'No pod of the broken release crashed');
      await alertIs('DeploymentReplicasUnavailable', { deployment: 'todo-api' }, true);
      left = (await apiPods()).filter(isReady).length;
      // The autoscaler may have taken some of them away.
      if (left < Math.min(replicas, await wantedReplicas()))
        throw new Unproven([
          `${left} pods were Ready beside the broken one, ${replicas} before it; none may go.`,
        ]);
    } finally {
      // The checks that follow want pods that serve, whatever came of it.
      await kubectl(['rollout', 'undo', 'deployment/todo-api', `--namespace=${namespace}`]);
    }
    await settled(ground.nextImage);
    await alertIs('DeploymentReplicasUnavailable', { deployment: 'todo-api' }, false);
    return `its pod crashed, ${left} others stayed, DeploymentReplicasUnavailable fired, and resolved once it was rolled back`;
  });

/** Without notice, as when its node dies: requests may fail until the others have taken over, and none after. */
export async function checkKilledPod(ground: Ground): Promise<string> {
  const victim = (await apiPods()).find(isReady)?.metadata.name ?? '';
  await kubectl(['delete', 'pod', victim, `--namespace=${namespace}`, '--grace-period=0', '--force']);
  const count = await settled(ground.nextImage);
  return underLoad(ground, () => Promise.resolve(`${victim} was killed, and ${count} pods are Ready again`));
}
