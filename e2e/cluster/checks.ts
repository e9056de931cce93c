/** The checks of `make test-cluster`, in order: each check finds the cluster as the one before left it. */
import { checkErrorPaths, checkGoldenPath } from '../verify/checks/api.ts';
import type { ClusterCheck, ClusterContext } from './check.ts';
import { checkFailedJob, checkRestarts } from './checks/alerts.ts';
import { checkAutoscaling } from './checks/autoscaling.ts';
import { checkBackup } from './checks/backups.ts';
import { checkBrokenRelease, checkEviction, checkKilledPod, checkRollingUpdate } from './checks/changes.ts';
import { checkWithoutDatabase } from './checks/database.ts';
import { checkLeakedKey } from './checks/leaked-key.ts';
import { checkDelivery, checkDiscovery, checkRules } from './checks/monitoring.ts';
import { checkMigrationFirst, checkRestricted } from './checks/start.ts';

/** The API as `make verify` looks at it. */
const through = ({ apiUrl }: ClusterContext) => ({ stack: { apiUrl } });

export const checks: readonly ClusterCheck[] = [
  {
    id: 'migration',
    proves: 'pods wait until the schema is there',
    needs: ['postgresql'],
    run: checkMigrationFirst,
  },
  { id: 'restricted', proves: 'the pods ask for no more than restricted gives', run: checkRestricted },
  {
    id: 'golden-path',
    proves: 'every operation of the API works through the Service',
    run: (context) => checkGoldenPath(through(context)),
  },
  {
    id: 'error-paths',
    proves: 'mistakes are answered as declared, through the Service',
    run: (context) => checkErrorPaths(through(context)),
  },
  {
    id: 'discovery',
    proves: 'Prometheus finds each pod by itself',
    needs: ['prometheus'],
    run: checkDiscovery,
  },
  { id: 'rules', proves: 'Prometheus takes every rule', needs: ['prometheus'], run: checkRules },
  {
    id: 'delivery',
    proves: 'an alert reaches its receiver',
    needs: ['prometheus', 'alertmanager', 'alert-webhook'],
    run: checkDelivery,
  },
  {
    id: 'backup',
    proves: 'the CronJob takes a backup, and another restores it',
    needs: ['prometheus', 'postgresql', 'backup-exporter', 'backup-store'],
    run: checkBackup,
  },
  {
    id: 'rolling-update',
    proves: 'a new release fails no request, and its migration no pod of the old one',
    run: checkRollingUpdate,
  },
  {
    id: 'eviction',
    proves: 'pods are evicted one after the other, and fail no request',
    run: checkEviction,
  },
  {
    id: 'no-database',
    proves: 'a pod without its database says so, stays, and recovers',
    needs: ['postgresql'],
    run: checkWithoutDatabase,
  },
  {
    id: 'broken-release',
    proves: 'a release that does not start fails no request, alerts, and can be rolled back',
    needs: ['prometheus', 'kube-state-metrics'],
    run: checkBrokenRelease,
  },
  { id: 'killed-pod', proves: 'a pod that is killed is replaced', run: checkKilledPod },
  {
    id: 'failed-job',
    proves: 'a Job that fails alerts',
    needs: ['prometheus', 'kube-state-metrics'],
    run: checkFailedJob,
  },
  {
    id: 'restarts',
    proves: 'a pod that restarts again and again alerts',
    needs: ['prometheus'],
    run: checkRestarts,
  },
  { id: 'autoscaling', proves: 'load brings more pods, and they go again after it', run: checkAutoscaling },
  // The last: what the others have logged in with is worthless then.
  {
    id: 'leaked-key',
    proves: 'a signing key is replaced by the steps of its page, and fails no request',
    run: checkLeakedKey,
  },
];
