/** A pod that can't reach the database, while the others can. */
import type { Workload } from '@sightline/kubernetes/objects.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import type { ClusterContext } from '../check.ts';
import { askInPod } from '../in-pod.ts';
import { apply, get, kubectl } from '../kubectl.ts';
import { isReady, namespace, type Pod } from '../pods.ts';

const name = 'todo-api-cut-off';
const startSeconds = 60;
const noticeSeconds = 30;
/** The readiness probe would have missed twice, and the liveness probe once, if they asked for the database. */
const outageMs = 12_000;

const database = { 'app.kubernetes.io/name': 'postgresql', 'app.kubernetes.io/component': 'database' };

/** The way of this pod alone to the database: open, or to nobody. */
const way = (isOpen: boolean) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: {
    selector: isOpen ? database : { 'app.kubernetes.io/name': 'nobody' },
    ports: [{ port: 5432, targetPort: 5432 }],
  },
});

const podPath = `/api/v1/namespaces/${namespace}/pods/${name}`;
type CutOffPod = Pod & { readonly status: { readonly podIP?: string } };
const thePod = () => get<CutOffPod>(podPath);

/** A pod like the others, for which `postgresql` is the way. */
async function podOf({ objects, nextImage }: ClusterContext): Promise<object> {
  const deployment = objects.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'todo-api',
  ) as Workload | undefined;
  if (deployment === undefined) throw new CheckFailed(['There is no Deployment todo-api.']);
  const { spec: service } = await get<{ spec: { clusterIP: string } }>(
    `/api/v1/namespaces/${namespace}/services/${name}`,
  );
  const { metadata, spec } = deployment.spec.template as { metadata: object; spec: { containers: object[] } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace },
    spec: {
      ...spec,
      containers: spec.containers.map((container) => ({ ...container, image: nextImage })),
      hostAliases: [{ ip: service.clusterIP, hostnames: ['postgresql'] }],
    },
  };
}

/**
 * Ends the database's sessions of this pod, which a closed Service leaves open.
 * @returns how many sessions those were
 */
async function endSessions(address: string): Promise<number> {
  const sql = `select count(pg_terminate_backend(pid)) from pg_stat_activity where client_addr = '${address}'`;
  const command = `PGPASSWORD=$(cat /run/secrets/postgresql/superuser-password) psql --host=127.0.0.1 --username=postgres --tuples-only --command="${sql}"`;
  const args = ['exec', 'statefulset/postgresql', `--namespace=${namespace}`, '--', 'sh', '-c', command];
  return Number((await kubectl(args)).trim());
}

export async function checkWithoutDatabase(context: ClusterContext): Promise<string> {
  const [account] = await context.accounts();
  const question = { method: 'GET', path: '/v1/todos?limit=1', token: account?.token ?? '' };
  const answers = async (status: number) => (await askInPod(name, question)).status === status;
  await apply([way(true)]);
  await apply([await podOf(context)]);
  try {
    const isUp = async () => isReady(await thePod()) && (await answers(200));
    await waitFor(isUp, startSeconds, 'The pod to be cut off was not Ready and answering 200');
    await apply([way(false)]);
    // A session may be made anew until every kube-proxy has heard of it.
    let ended = 0;
    const isCutOff = async () => {
      ended += await endSessions((await thePod()).status.podIP ?? '');
      return ended > 0 && (await answers(503));
    };
    await waitFor(isCutOff, noticeSeconds, 'The pod did not answer 503 without its database');
    const { retryAfter, body } = await askInPod(name, question);
    if (retryAfter === null)
      throw new CheckFailed([`It answers 503 without Retry-After: ${JSON.stringify(body)}`]);
    const cutAt = performance.now();
    while (performance.now() - cutAt < outageMs) {
      if (!isReady(await thePod()))
        throw new CheckFailed(['It is no longer Ready: it would have been taken out.']);
      if (!(await answers(503))) throw new CheckFailed(['It answered something else than 503 meanwhile.']);
    }
    await apply([way(true)]);
    const backAt = performance.now();
    await waitFor(() => answers(200), noticeSeconds, 'The pod did not answer 200 again');
    const seconds = ((performance.now() - backAt) / 1000).toFixed(1);
    const restarts = (await thePod()).status.containerStatuses?.[0]?.restartCount;
    if (restarts !== 0)
      throw new CheckFailed([`It was restarted ${restarts} times, which mends no database.`]);
    return `cut off from it a pod answered 503 with Retry-After: ${retryAfter}, stayed Ready, and served ${seconds} s after the way was open again`;
  } finally {
    await kubectl(['delete', 'pod,service', name, `--namespace=${namespace}`, '--ignore-not-found']);
  }
}
