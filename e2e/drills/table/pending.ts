/** Alerts that can't be drilled yet. */
import type { PendingDrill } from '../drill.ts';

const onKubernetes = 'about a workload on Kubernetes, where make test-cluster proves it';

export const pendingDrills: readonly PendingDrill[] = [
  ...['DeploymentReplicasUnavailable', 'JobFailed'].map((alert) => ({ alert, because: onKubernetes })),
];
