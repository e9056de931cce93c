/** Checks of changes to pods while requests come: none of them may notice. */
import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import type { ClusterContext } from '../check.ts';
import { kubectl } from '../kubectl.ts';
import { apiPods, evict, isReady, namespace, type Pod, setImage, settled, wantedReplicas } from '../pods.ts';
import { alertIs } from './alerts.ts';
import { changeSchema } from './schema-change.ts';
import { underLoad as underRequests } from './under-load.ts';

const crashSeconds = 90;
/** A new pod starts within it. */
const holdSeconds = 120;

/** Makes a change while requests of the usual accounts come. */
const underLoad = async (context: ClusterContext, change: () => Promise<string>) =>
  underRequests(context, await context.accounts(), change);

export const checkRollingUpdate = (context: ClusterContext): Promise<string> =>
  underLoad(context, () => changeSchema(context));

/** Two evictions at once, as of two nodes that are drained: the budget lets one pod go, and holds the other back. */
export const checkEviction = (context: ClusterContext): Promise<string> =>
  underLoad(context, async () => {
    const [first = '', second = ''] = (await apiPods()).filter(isReady).map(({ metadata }) => metadata.name);
    await evictOnce(first);
    if ((await refusalOf(second)) === undefined)
      throw new CheckFailed([`${second} was evicted beside ${first}: the budget holds nothing back.`]);
    const heldAt = performance.now();
    await evictOnce(second);
    const seconds = ((performance.now() - heldAt) / 1000).toFixed(1);
    const others = (await apiPods()).filter((pod) => isReady(pod) && pod.metadata.name !== second).length;
    const min = (await wantedReplicas()) - 1;
    if (others < min)
      throw new CheckFailed([
        `${others} other pods were Ready when ${second} was let go, and ${min} have to be.`,
      ]);
    const count = await settled(context.nextImage);
    if ((await apiPods()).some(({ metadata }) => [first, second].includes(metadata.name)))
      throw new CheckFailed([`${first} and ${second} were evicted, and one of them is still there.`]);
    return `${first} was evicted, ${second} held back for ${seconds} s until ${others} others were Ready, and ${count} pods are Ready again`;
  });

/** Asks until the budget lets a pod go, as `kubectl drain` does. It may not have heard yet that all pods are well. */
async function evictOnce(pod: string): Promise<void> {
  const isTaken = async () => (await refusalOf(pod)) === undefined;
  await waitFor(isTaken, holdSeconds, `The budget went on holding ${pod} back`);
}

/**
 * Evicts a pod.
 * @returns the budget's refusal; undefined once the pod is evicted
 * @throws Error at any other refusal
 */
async function refusalOf(pod: string): Promise<string | undefined> {
  try {
    await evict(pod);
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.message.includes('disruption budget')) return error.message;
    throw error;
  }
}

export const checkBrokenRelease = (context: ClusterContext): Promise<string> =>
  underLoad(context, async () => {
    const replicas = (await apiPods()).filter(isReady).length;
    const isBroken = ({ spec }: Pod) => spec.containers.some(({ image }) => image === context.brokenImage);
    await setImage(context.brokenImage);
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
        throw new CheckFailed([
          `${left} pods were Ready beside the broken one, ${replicas} before it; none may go.`,
        ]);
    } finally {
      // The checks that follow want pods that serve, whatever came of it.
      await kubectl(['rollout', 'undo', 'deployment/todo-api', `--namespace=${namespace}`]);
    }
    await settled(context.nextImage);
    await alertIs('DeploymentReplicasUnavailable', { deployment: 'todo-api' }, false);
    return `its pod crashed, ${left} others stayed, DeploymentReplicasUnavailable fired, and resolved once it was rolled back`;
  });

/** Without notice, as when its node dies: requests may fail until the others have taken over, and none after. */
export async function checkKilledPod(context: ClusterContext): Promise<string> {
  const victim = (await apiPods()).find(isReady)?.metadata.name ?? '';
  await kubectl(['delete', 'pod', victim, `--namespace=${namespace}`, '--grace-period=0', '--force']);
  const count = await settled(context.nextImage);
  return underLoad(context, () => Promise.resolve(`${victim} was killed, and ${count} pods are Ready again`));
}
