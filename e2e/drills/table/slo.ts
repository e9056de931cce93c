/** Error budgets that burn: each SLO at each tier, at a rate between that tier and the next. */
import { slos } from '@sightline/contract/signals.ts';
import type { AlertPattern, Drill, Traffic } from '../drill.ts';
import { harmSeconds } from './known.ts';

type SloName = keyof typeof slos;

/**
 * Burn rates for each long window of the drill rules (alerts/lib/drill-windows.libsonnet): how many times
 * faster than allowed the budget is to burn. The tiers are at 14.4, 6, 3 and 1.
 */
const tiers = [
  { window: '1m', severity: 'page', times: 20 },
  { window: '2m', severity: 'page', times: 10 },
  { window: '3m', severity: 'ticket', times: 4.5 },
  { window: '5m', severity: 'ticket', times: 2 },
] as const;

/** The faults that make requests bad for an SLO, and the requests that it is about. */
const badness: Readonly<
  Record<
    SloName,
    { effect: { effect: 'fail' } | { effect: 'delay'; milliseconds: number }; traffic: Traffic }
  >
> = {
  availability: { effect: { effect: 'fail' }, traffic: { reads: 100 } },
  'latency-100ms': { effect: { effect: 'delay', milliseconds: 250 }, traffic: { reads: 60 } },
  'latency-500ms': { effect: { effect: 'delay', milliseconds: 700 }, traffic: { reads: 100 } },
  'latency-slow-1s': { effect: { effect: 'delay', milliseconds: 1300 }, traffic: { batches: 30 } },
};

/** SLOs that the same bad requests burn as well: a failed one is no good answer, a slow one is slow for each threshold. */
const alsoBurned: Readonly<Record<SloName, readonly SloName[]>> = {
  availability: ['latency-100ms', 'latency-500ms'],
  'latency-100ms': [],
  'latency-500ms': ['latency-100ms'],
  'latency-slow-1s': [],
};

const burn = (slo: SloName, window?: string): AlertPattern => ({
  alert: 'SLOErrorBudgetBurn',
  slo,
  ...(window && { window }),
});

export const sloDrills: readonly Drill[] = (Object.keys(slos) as SloName[]).flatMap((slo) =>
  tiers.map(({ window, severity, times }, index): Drill => {
    const { effect, traffic } = badness[slo];
    const every = Math.round(1 / (times * (1 - slos[slo].objective)));
    return {
      alert: 'SLOErrorBudgetBurn',
      variant: `${slo}/${window}`,
      labels: { slo, window, severity, job: 'todo-api' },
      fault: `One request in ${every} ${effect.effect === 'fail' ? 'fails with 500' : `takes ${effect.milliseconds} ms longer`}`,
      within: 45,
      // Of a long window that is in part from before the fault.
      value: [times * 0.3, times * 1.3],
      // The slower tiers notice it too; the faster must not.
      alongside: [
        ...tiers.slice(index + 1).map((tier) => burn(slo, tier.window)),
        ...alsoBurned[slo].map((other) => burn(other)),
      ],
      traffic,
      ...(effect.effect === 'delay' && { slowsRequests: true }),
      ...(slo === 'availability' && index === 1 && { quick: true }),
      shows:
        slo === 'availability' && index === 0
          ? [
              { dashboard: 'api', panel: 'Top 10 routes by errors (5xx)' },
              { dashboard: 'api', panel: 'Responses by status code' },
              { dashboard: 'alerts', panel: 'Firing and pending alerts' },
              { dashboard: 'alerts', panel: 'Alerts over time' },
            ]
          : [],
      async injectFault(system, recovery) {
        recovery.defer(() => system.endHarm());
        await system.harm({ seconds: harmSeconds, requests: { every, ...effect } });
      },
    };
  }),
);
