/** Alerts of which nobody is told, since a more urgent one says it already. */
import { slos } from '@sightline/contract/signals.ts';
import type { InhibitionDrill, QuietDrill } from '../drill.ts';
import { harmSeconds } from './known.ts';
import { killRepeatedly, restarting } from './process.ts';

const availability = { alert: 'SLOErrorBudgetBurn', slo: 'availability' } as const;
const { minBadEvents, objective } = slos.availability;

export const inhibitionDrills: readonly InhibitionDrill[] = [
  {
    name: 'inhibition/page-over-ticket',
    fault: 'One request in 50 fails: the budget burns at each tier',
    within: 40,
    inhibited: { ...availability, severity: 'ticket' },
    by: { ...availability, severity: 'page' },
    alongside: [{ alert: 'SLOErrorBudgetBurn' }],
    traffic: { reads: 100 },
    async injectFault(system, recovery) {
      recovery.defer(() => system.endHarm());
      const every = Math.round(1 / (20 * (1 - objective)));
      await system.harm({ seconds: harmSeconds, requests: { every, effect: 'fail' } });
    },
  },
  {
    name: 'inhibition/target-down-over-its-causes',
    fault: 'The API is killed three times, then stopped',
    within: 40,
    inhibited: { alert: 'RestartingRepeatedly', job: 'todo-api' },
    by: { alert: 'TargetDown', job: 'todo-api' },
    alongside: restarting,
    async injectFault(system, recovery) {
      recovery.defer(() => system.start('api'));
      await killRepeatedly(system);
      await system.stop('api');
    },
  },
];

export const quietDrills: readonly QuietDrill[] = [
  {
    name: 'guard/few-failures-in-a-quiet-hour',
    fault: `${minBadEvents - 1} of 20 requests fail, and hardly any other comes`,
    seconds: 30,
    async injectFault(system, recovery) {
      const { token, todoId, origin } = await system.account();
      recovery.defer(() => system.endHarm());
      await system.harm({ seconds: harmSeconds, requests: { every: 5, effect: 'fail' } });
      let failures = 0;
      for (let request = 1; request <= 20 && failures < minBadEvents - 1; request += 1) {
        const { status } = await fetch(`${system.addresses.API_URL}/v1/todos/${todoId}`, {
          headers: { authorization: `Bearer ${token}`, ...origin },
        });
        if (status === 500) failures += 1;
      }
      if (failures !== minBadEvents - 1) throw new Error(`Only ${failures} requests failed.`);
    },
  },
];
