/** Alerts that can't be drilled yet. */
import type { PendingDrill } from '../drill.ts';

const noBackup = 'there are no backups yet';
const noKubernetes = 'it is about a workload on Kubernetes, which this stack is not';

export const pendingDrills: readonly PendingDrill[] = [
  ...['BackupStale', 'BackupMissing', 'RestoreDrillStale', 'RestoreDrillMissing'].map((alert) => ({
    alert,
    because: noBackup,
  })),
  ...['DeploymentReplicasUnavailable', 'JobFailed'].map((alert) => ({ alert, because: noKubernetes })),
];
