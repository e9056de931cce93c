/** Deaths that no alert can tell of, since they are of what tells: the dead man's switch of the webhook notices. */
import type { SilenceDrill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';

const stopped = (component: string, within: number, quick?: true): SilenceDrill => ({
  name: `Watchdog/${component}-stopped`,
  fault: `${component} is stopped`,
  within,
  ...(quick && { quick }),
  async injectFault(system: SystemUnderTest, recovery) {
    await system.takeAway(component, recovery);
  },
});

/** The switch waits 15 s; an alert that Alertmanager hears no more of is one for some seconds longer. */
export const silenceDrills: readonly SilenceDrill[] = [
  stopped('prometheus', 40),
  stopped('alertmanager', 20, true),
];
