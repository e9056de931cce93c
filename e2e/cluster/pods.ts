/** The pods of the service, as the cluster sees them. */
import { waitFor } from '@sightline/servers/readiness.ts';
import { get, kubectl } from './kubectl.ts';

export const namespace = 'todo-api';
const base = `/api/v1/namespaces/${namespace}`;

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly image: string;
  readonly state: {
    readonly running?: { readonly startedAt: string };
    readonly waiting?: { readonly reason: string };
  };
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly containers: readonly { readonly image: string }[] };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export const isReady = ({ metadata, status }: Pod) =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');

/** Pods of the API, those that are going included. */
export async function apiPods(): Promise<readonly Pod[]> {
  const selector = 'app.kubernetes.io/name=todo-api,app.kubernetes.io/component=api';
  const { items } = await get<{ items: readonly Pod[] }>(
    `${base}/pods?labelSelector=${encodeURIComponent(selector)}`,
  );
  return items;
}

/** How many pods the autoscaler wants now. */
export async function wantedReplicas(): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/todo-api`;
  const { spec } = await get<{ spec: { replicas: number } }>(path);
  return spec.replicas;
}

/** Waits until as many pods as are wanted are Ready, with this image, and no other is left. Returns how many. */
export async function settled(image: string, seconds = 180): Promise<number> {
  let seen = '';
  const isSettled = async () => {
    const [pods, wanted] = await Promise.all([apiPods(), wantedReplicas()]);
    seen = `${pods.filter(isReady).length} of ${pods.length} pods Ready, ${wanted} wanted`;
    return (
      pods.length === wanted &&
      pods.every((pod) => isReady(pod) && pod.spec.containers.every((container) => container.image === image))
    );
  };
  await waitFor(isSettled, seconds, `The pods of ${image} were not all Ready, and the only ones,`).catch(
    (error: Error) => {
      throw new Error(`${error.message}: ${seen}.`);
    },
  );
  return wantedReplicas();
}

/** The release that new pods get. */
export async function setImage(image: string): Promise<void> {
  await kubectl(['set', 'image', 'deployment/todo-api', `api=${image}`, `--namespace=${namespace}`]);
}

/** Asks that a pod be evicted, as whoever drains a node does: the disruption budget has a say. */
export async function evict(pod: string): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } };
  await kubectl(['create', '--raw', `${base}/pods/${pod}/eviction`, '-f', '-'], eviction);
}
