/** Backups in the cluster: the CronJobs run by hand, and what is told of them. */
import { randomBytes } from 'node:crypto';
import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { get, kubectl } from '../kubectl.ts';
import { namespace } from '../pods.ts';
import { query } from '../prometheus.ts';

const runSeconds = 180;

interface JobStatus {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/**
 * Runs a CronJob as its schedule would, and returns what its container of the same name said.
 * @throws CheckFailed with that when the Job failed
 */
async function runByHand(cronJob: string): Promise<string> {
  const name = `${cronJob}-by-hand-${randomBytes(3).toString('hex')}`;
  const inNamespace = `--namespace=${namespace}`;
  await kubectl(['create', 'job', name, `--from=cronjob/${cronJob}`, inNamespace]);
  try {
    let ending: string | undefined;
    const ended = async () => {
      const { status } = await get<JobStatus>(`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`);
      ending = status.conditions?.find(
        (condition) => condition.status === 'True' && /^(Complete|Failed)$/.test(condition.type),
      )?.type;
      return ending !== undefined;
    };
    await waitFor(ended, runSeconds, `The Job ${name} did not end`);
    const said = await kubectl(['logs', `job/${name}`, `--container=${cronJob}`, inNamespace]);
    if (ending !== 'Complete') throw new CheckFailed([`The Job ${name} failed: ${said.trim()}`]);
    return said.trim();
  } finally {
    await kubectl(['delete', 'job', name, inNamespace, '--ignore-not-found']);
  }
}

export async function checkBackup(): Promise<string> {
  const id = / as (\S+) in /.exec(await runByHand('backup'))?.[1];
  const began = performance.now();
  const drilled = await runByHand('restore-drill');
  const seconds = Math.round((performance.now() - began) / 1000);
  if (id === undefined || !drilled.includes(`${id} was restored and dropped again`))
    throw new CheckFailed([`The drill did not restore the backup ${id}: ${drilled}`]);
  await waitFor(
    async () => (await query('restore_drill_success{job="backup"}'))[0]?.value === 1,
    runSeconds,
    'Prometheus did not hear that the restore drill succeeded',
  );
  return `${id} was taken, and restored by a drill that took ${seconds} s with its own PostgreSQL`;
}
