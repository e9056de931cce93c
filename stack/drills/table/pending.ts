/** Alerts that can't be drilled yet. */
import type { PendingDrill } from '../drill.ts';

const noBackup = 'there are no backups yet';
const onKubernetes = 'about a workload on Kubernetes, where make test-cluster proves it';

export const pendingDrills: readonly PendingDrill[] = [
  ...['BackupStale', 'BackupMissing', 'RestoreDrillStale', 'RestoreDrillMissing'].map((alert) => ({
    alert,
    because: noBackup,
  })),
  ...['DeploymentReplicasUnavailable', 'JobFailed'].map((alert) => ({ alert, because: onKubernetes })),
];
