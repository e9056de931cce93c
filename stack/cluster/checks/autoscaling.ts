import { waitFor } from '../../native/readiness.ts';
import { Unproven } from '../../verify/check.ts';
import type { Ground } from '../check.ts';
import { get } from '../kubectl.ts';
import { type Load, startLoad } from '../load.ts';
import { namespace, settled } from '../pods.ts';

/** The autoscaler looks every 15 s at CPU times that are up to 30 s old. */
const patienceSeconds = 120;
/** Enough of them to keep more than a core busy. */
const loads = 4;

/** Of the local overlay: half a minute without load, one pod each quarter of a minute, and CPU times that are late. */
const calmSeconds = 180;

const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/todo-api`;

interface Autoscaler {
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly status: { readonly desiredReplicas: number; readonly currentMetrics?: readonly object[] };
}

export async function checkAutoscaling(ground: Ground): Promise<string> {
  const accounts = await ground.accounts();
  // The load of the checks before may have brought some.
  const before = (await get<Autoscaler>(path)).status.desiredReplicas;
  const running: Load[] = Array.from({ length: loads }, () => startLoad(ground.apiUrl, accounts));
  let state: Autoscaler | undefined;
  try {
    const hasGrown = async () => {
      state = await get<Autoscaler>(path);
      const { desiredReplicas } = state.status;
      return desiredReplicas > before || desiredReplicas === state.spec.maxReplicas;
    };
    await waitFor(hasGrown, patienceSeconds, 'The autoscaler did not ask for more pods').catch(
      (error: Error) => {
        throw new Unproven([`${error.message}; it says: ${JSON.stringify(state?.status)}`]);
      },
    );
  } finally {
    await Promise.all(running.map(({ stop }) => stop()));
  }
  const count = await settled(ground.nextImage);
  return `under load it asked for ${state?.status.desiredReplicas} pods instead of ${before}, and ${count} are Ready`;
}

/** After the load of the check before. */
export async function checkScaleDown({ nextImage }: Ground): Promise<string> {
  const { spec, status } = await get<Autoscaler>(path);
  if (status.desiredReplicas <= spec.minReplicas)
    throw new Unproven([`It wants ${status.desiredReplicas} pods already, so it has nothing to take away.`]);
  const began = performance.now();
  const isDown = async () => (await get<Autoscaler>(path)).status.desiredReplicas === spec.minReplicas;
  await waitFor(isDown, calmSeconds, `The autoscaler did not come back to ${spec.minReplicas} pods`);
  const count = await settled(nextImage);
  const seconds = Math.round((performance.now() - began) / 1000);
  return `without load it went from ${status.desiredReplicas} pods to ${count} within ${seconds} s`;
}
