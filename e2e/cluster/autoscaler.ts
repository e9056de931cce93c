/** How many pods the autoscaler asks for. */
import { waitFor } from '@sightline/servers/readiness.ts';
import { get } from './kubectl.ts';
import { namespace } from './pods.ts';

const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/todo-api`;

/**
 * Seconds until the autoscaler of the local overlay has come down again: half a minute without load, one pod
 * each quarter of a minute, and CPU times that are late.
 */
const calmSeconds = 180;

export interface Autoscaler {
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly status: { readonly desiredReplicas: number; readonly currentMetrics?: readonly object[] };
}

export const autoscaler = (): Promise<Autoscaler> => get<Autoscaler>(path);

/** Waits without load until it asks for as few pods as it may: it takes away those that are not Ready first. */
export async function untilFewest(): Promise<void> {
  const isFewest = async () => {
    const { spec, status } = await autoscaler();
    return status.desiredReplicas === spec.minReplicas;
  };
  await waitFor(isFewest, calmSeconds, 'Without load the autoscaler did not come back to the fewest pods');
}
