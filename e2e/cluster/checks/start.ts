/** How the service comes up: the namespace, the migration, then the pods. */
import { type KubernetesObject, nameOf, ofKind } from '@sightline/kubernetes/objects.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import type { ClusterContext } from '../check.ts';
import { apply, kubectl } from '../kubectl.ts';
import { apiPods, isReady, namespace, settled, wantedReplicas } from '../pods.ts';

const startSeconds = 180;

/** Nothing is in the cluster yet but Secrets: all is applied here, and the Jobs after it was seen that pods wait for them. */
export async function checkMigrationFirst({ objects, image }: ClusterContext): Promise<string> {
  const jobs = ofKind(objects, 'Job');
  await apply(objects.filter((object) => !(jobs as readonly KubernetesObject[]).includes(object)));
  await kubectl([
    'rollout',
    'status',
    'statefulset/postgresql',
    `--namespace=${namespace}`,
    `--timeout=${startSeconds}s`,
  ]);
  const seesDatabase = async () => {
    const [pod] = (await apiPods()).filter(({ status }) => status.containerStatuses?.[0]?.state.running);
    if (pod === undefined) return false;
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}:9464/proxy/metrics`;
    return /^db_up 1$/m.test(await kubectl(['get', '--raw', path]).catch(() => ''));
  };
  await waitFor(
    seesDatabase,
    startSeconds,
    'No pod reached the database, so none can have waited for the migration,',
  );
  const waiting = await apiPods();
  const early = waiting.filter(isReady);
  if (early.length > 0) throw new CheckFailed([`${early.length} pods were Ready before any migration ran.`]);
  await apply(jobs);
  for (const { metadata } of jobs)
    await kubectl([
      'wait',
      `job/${metadata.name}`,
      `--namespace=${namespace}`,
      '--for=condition=Complete',
      `--timeout=${startSeconds}s`,
    ]);
  // A Deployment without `replicas` begins with one; its autoscaler brings the others once it looks.
  const min = Math.max(
    ...ofKind(objects, 'HorizontalPodAutoscaler').map(({ spec }) => spec.minReplicas ?? 1),
  );
  await waitFor(
    async () => (await wantedReplicas()) >= min,
    startSeconds,
    `The autoscaler did not ask for ${min} pods`,
  );
  const count = await settled(image, startSeconds);
  return `${waiting.length} of ${count} pods were seen to wait for ${jobs.map(nameOf).join(' and ')}, then all were Ready`;
}

/** A pod that asks for more than `restricted` gives. */
const greedy = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'greedy', namespace },
  spec: { containers: [{ name: 'greedy', image: 'greedy', securityContext: { privileged: true } }] },
};

export async function checkRestricted(): Promise<string> {
  const refusal = await kubectl(['create', '--dry-run=server', '-f', '-'], greedy).then(
    () => '',
    (error: Error) => error.message,
  );
  if (!refusal.includes('violates PodSecurity "restricted'))
    throw new CheckFailed([
      `A privileged pod has to be refused by Pod Security; instead: ${refusal || 'it was taken'}.`,
    ]);
  const pods = await apiPods();
  const unready = pods.filter((pod) => !isReady(pod));
  if (unready.length > 0 || pods.length < 3)
    throw new CheckFailed([
      `${pods.length - unready.length} of ${pods.length} pods are Ready; at least 3 have to be.`,
    ]);
  return `${pods.length} pods are Ready in a namespace that refuses a privileged one`;
}
