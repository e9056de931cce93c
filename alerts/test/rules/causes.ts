import { aheadCases } from './ahead.ts';
import { backupCases } from './backup.ts';
import type { AlertCase } from './case.ts';
import { clientCases } from './clients.ts';
import { databaseCases } from './database.ts';
import { elasticsearchCases } from './elasticsearch.ts';
import { kubernetesCases } from './kubernetes.ts';
import { logCases } from './logs.ts';
import { nodeCases } from './node.ts';
import { probeCases } from './probes.ts';
import { processCases } from './process.ts';
import { prometheusCases } from './prometheus.ts';
import { targetCases } from './targets.ts';
import { telemetryCases } from './telemetry.ts';

const declared: readonly AlertCase[] = [
  ...aheadCases,
  ...targetCases,
  ...databaseCases,
  ...processCases,
  ...clientCases,
  ...telemetryCases,
  ...prometheusCases,
  ...probeCases,
  ...nodeCases,
  ...logCases,
  ...elasticsearchCases,
  ...backupCases,
  ...kubernetesCases,
];

const ofAnotherJob = ({ alert, does, series, minutes }: AlertCase): AlertCase => ({
  alert,
  does: `stays silent about a job that is not ours, where otherwise it ${does}`,
  series: Object.fromEntries(
    Object.entries(series).map(([name, values]) => [name.replace(/job="[^"]*"/, 'job="another"'), values]),
  ),
  minutes,
});

/** Every case of the alerts of causes and of the probes: those declared, and that each looks at its own job only. */
export const causeCases: readonly AlertCase[] = declared.flatMap((each) =>
  each.firing !== undefined && !each.anyJob ? [each, ofAnotherJob(each)] : [each],
);
