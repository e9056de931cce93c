import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { type Autoscaler, autoscaler, untilFewest } from '../autoscaler.ts';
import type { ClusterContext } from '../check.ts';
import { type Load, maxLoads, startLoad } from '../load.ts';
import { settled } from '../pods.ts';

/** The autoscaler looks every 15 s at CPU times that are up to 30 s old. */
const patienceSeconds = 120;

export async function checkAutoscaling(context: ClusterContext): Promise<string> {
  const accounts = await context.accounts();
  // The load of the checks before may have brought some.
  const before = (await autoscaler()).status.desiredReplicas;
  const running: Load[] = Array.from({ length: maxLoads }, () => startLoad(context.apiUrl, accounts));
  let state: Autoscaler | undefined;
  try {
    const hasGrown = async () => {
      state = await autoscaler();
      const { desiredReplicas } = state.status;
      return desiredReplicas > before || desiredReplicas === state.spec.maxReplicas;
    };
    await waitFor(hasGrown, patienceSeconds, 'The autoscaler did not ask for more pods').catch(
      (error: Error) => {
        throw new CheckFailed([`${error.message}; it says: ${JSON.stringify(state?.status)}`]);
      },
    );
  } finally {
    await Promise.all(running.map(({ stop }) => stop()));
  }
  const stoppedAt = performance.now();
  const max = state?.status.desiredReplicas ?? before;
  const count = await settled(context.nextImage);
  const min = state?.spec.minReplicas ?? max;
  if (min >= max)
    throw new CheckFailed([`It asks for ${max} pods at most, and ${min} at least: none can go.`]);
  await untilFewest();
  const left = await settled(context.nextImage);
  const seconds = Math.round((performance.now() - stoppedAt) / 1000);
  return (
    `under load it asked for ${max} pods instead of ${before}, and ${count} were Ready; ` +
    `without it ${left} were left after ${seconds} s`
  );
}
