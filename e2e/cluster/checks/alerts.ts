/** The alerts about workloads, on real ones. */
import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import { untilFewest } from '../autoscaler.ts';
import type { ClusterContext } from '../check.ts';
import { kubectl } from '../kubectl.ts';
import { apiPods, isReady, namespace, settled } from '../pods.ts';
import { fires, query } from '../prometheus.ts';

const alertSeconds = 90;

/** Waits until an alert fires, or no longer does. */
export async function alertIs(
  alert: string,
  labels: Readonly<Record<string, string>>,
  isFiring: boolean,
): Promise<void> {
  await waitFor(
    async () => (await fires(alert, labels)) === isFiring,
    alertSeconds,
    `${alert} did not ${isFiring ? 'fire' : 'resolve'}`,
  );
}

export async function checkFailedJob(context: ClusterContext): Promise<string> {
  const migration = context.objects.find(
    ({ kind, metadata }) => kind === 'Job' && metadata.name.includes('migrate'),
  );
  if (migration === undefined) throw new CheckFailed(['There is no migration Job.']);
  const name = 'todo-api-migrate-broken';
  const spec = structuredClone(migration.spec) as {
    backoffLimit: number;
    template: { spec: { containers: { args: string[] }[] } };
  };
  // No second attempt, which comes only after 10 s.
  spec.backoffLimit = 0;
  for (const container of spec.template.spec.containers) container.args = ['app/src/no-such-program.ts'];
  await kubectl(['create', '-f', '-'], { ...migration, metadata: { ...migration.metadata, name }, spec });
  try {
    await alertIs('JobFailed', { job_name: name }, true);
  } finally {
    await kubectl(['delete', 'job', name, `--namespace=${namespace}`]);
  }
  await alertIs('JobFailed', { job_name: name }, false);
  return `a migration that can't run fired JobFailed, which resolved once it was removed`;
}

/** RestartingRepeatedly wants more than two within the hour. */
const restarts = 3;

/** A program that ends again and again in the same pod, as one that leaks does. The alert resolves only an hour later. */
export async function checkRestarts(context: ClusterContext): Promise<string> {
  // Else this pod may be the one that the autoscaler takes away.
  await untilFewest();
  await settled(context.nextImage);
  const pod = (await apiPods()).find(isReady)?.metadata.name ?? '';
  const startOf = async () => {
    const [series] = await query(`process_start_time_seconds{job="todo-api",pod="${pod}"}`);
    return series?.value;
  };
  for (let done = 0; done < restarts; done += 1) {
    const before = await startOf();
    if (before === undefined) throw new CheckFailed([`Prometheus knows no start of the process in ${pod}.`]);
    await kubectl(['exec', pod, `--namespace=${namespace}`, '--', 'node', '--eval', 'process.kill(1)']);
    // It drains, and the kubelet waits longer each time before it starts the next.
    const isBack = async () => ((await startOf()) ?? before) > before;
    await waitFor(isBack, alertSeconds, `Prometheus saw no new process in ${pod}`);
  }
  await alertIs('RestartingRepeatedly', { pod }, true);
  await settled(context.nextImage);
  return `${pod} restarted ${restarts} times, and RestartingRepeatedly fired`;
}
