/** Prometheus does not get metrics. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { prometheusConfigurationFolder } from '@sightline/stack/native/scrape-targets.ts';
import type { Drill } from '../drill.ts';

export const targetDrills: readonly Drill[] = [
  {
    alert: 'TargetDown',
    labels: { job: 'node' },
    fault: 'node_exporter is stopped',
    within: 12,
    value: [0, 0],
    uses: ['node-exporter'],
    async injectFault(system, recovery) {
      await system.takeAway('node-exporter', recovery);
    },
  },
  {
    alert: 'TargetMissing',
    labels: { job: 'todo-api' },
    fault: "The file with the API's address is moved away",
    within: 25,
    value: [1, 1],
    injectFault({ settings }, recovery) {
      const file = join(prometheusConfigurationFolder(settings), 'targets/todo-api.json');
      recovery.defer(() => renameSync(`${file}.away`, file));
      renameSync(file, `${file}.away`);
      return Promise.resolve();
    },
  },
];
