import { type AlertCase, gauge, series } from './case.ts';

const metrics = { job: 'kube-state-metrics', instance: 'ksm:8080', namespace: 'todo-api' } as const;
const labels = { severity: 'ticket', kind: 'cause' };
const deployment = { ...metrics, deployment: 'todo-api' } as const;
const job = { ...metrics, job_name: 'migrate' } as const;
const elsewhere = { namespace: 'another' } as const;

export const kubernetesCases: readonly AlertCase[] = [
  {
    alert: 'DeploymentReplicasUnavailable',
    does: 'fires when replicas are unavailable for ten minutes, and resolves when all are there',
    series: series(
      'kube_deployment_status_replicas_unavailable',
      deployment,
      gauge([10, 0], [20, 1], [10, 0]),
    ),
    minutes: 40,
    firing: {
      from: 20,
      until: 30,
      as: [
        {
          labels: { ...labels, ...deployment },
          summary: 'Replicas of todo-api are unavailable.',
          description: '1 replicas of the Deployment todo-api/todo-api are not available.',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'DeploymentReplicasUnavailable',
    does: 'stays silent while all are there, and about other namespaces',
    series: {
      ...series('kube_deployment_status_replicas_unavailable', deployment, gauge([40, 0])),
      ...series(
        'kube_deployment_status_replicas_unavailable',
        { ...deployment, ...elsewhere },
        gauge([40, 3]),
      ),
    },
    minutes: 40,
  },
  {
    alert: 'JobFailed',
    does: 'fires at once when a Job has failed, and resolves when the Job is removed',
    series: {
      ...series('kube_job_failed', { ...job, condition: 'true' }, `${gauge([10, 0], [20, 1])} stale`),
      ...series('kube_job_failed', { ...job, condition: 'false' }, `${gauge([30, 0])} stale`),
    },
    minutes: 40,
    firing: {
      from: 10,
      until: 30,
      as: [
        {
          labels: { ...labels, ...job, condition: 'true' },
          summary: 'The Job migrate failed.',
          description: 'The Job todo-api/migrate failed after all of its attempts (failed is 1).',
          dashboard: 'golden-signals',
        },
      ],
    },
  },
  {
    alert: 'JobFailed',
    does: 'stays silent about Jobs that succeeded, and about other namespaces',
    series: {
      ...series('kube_job_failed', { ...job, condition: 'true' }, gauge([40, 0])),
      ...series('kube_job_failed', { ...job, condition: 'false' }, gauge([40, 1])),
      ...series('kube_job_failed', { ...job, ...elsewhere, condition: 'true' }, gauge([40, 1])),
    },
    minutes: 40,
  },
];
