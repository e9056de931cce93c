/** Traces on their way out of the service. */
import type { Drill } from '../drill.ts';

export const telemetryDrills: readonly Drill[] = [
  {
    alert: 'TraceExportFailing',
    labels: { job: 'todo-api' },
    fault: 'The trace collector is stopped',
    within: 40,
    value: [0.1, 1],
    traffic: { reads: 30 },
    async injectFault(system, recovery) {
      await system.takeAway('trace-collector', recovery);
    },
  },
];
