/** The table of the drills, the quick ones of a part first. */
import type { Drill } from './drill.ts';
import { backupDrills } from './table/backup.ts';
import { clientDrills } from './table/clients.ts';
import { databaseDrills } from './table/database.ts';
import { logDrills } from './table/logs.ts';
import { nodeDrills } from './table/node.ts';
import { probeDrills } from './table/probes.ts';
import { processDrills } from './table/process.ts';
import { prometheusDrills } from './table/prometheus.ts';
import { sloDrills } from './table/slo.ts';
import { targetDrills } from './table/targets.ts';
import { telemetryDrills } from './table/telemetry.ts';

export { inhibitionDrills, quietDrills } from './table/inhibitions.ts';
export { pendingDrills } from './table/pending.ts';
export { silenceDrills } from './table/silences.ts';

export const drills: readonly Drill[] = [
  ...targetDrills,
  ...databaseDrills,
  ...processDrills,
  ...clientDrills,
  ...probeDrills,
  ...prometheusDrills,
  ...telemetryDrills,
  ...logDrills,
  ...nodeDrills,
  ...backupDrills,
  ...sloDrills,
];
