/** A release whose migration renames a column, while pods of the release before serve (docs/schema-changes.md). */
import { randomBytes } from 'node:crypto';
import { ofKind } from '@sightline/kubernetes/objects.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import type { ClusterContext } from '../check.ts';
import { askInPod } from '../in-pod.ts';
import { kubectl } from '../kubectl.ts';
import { apiPods, isReady, namespace, type Pod, setImage, settled } from '../pods.ts';

const startSeconds = 90;
const jobSeconds = 60;

const imageOf = ({ spec }: Pod) => spec.containers[0]?.image;
const readyPod = async (image: string) =>
  (await apiPods()).find((pod) => isReady(pod) && imageOf(pod) === image)?.metadata.name;
const rollout = (does: 'pause' | 'resume') =>
  kubectl(['rollout', does, 'deployment/todo-api', `--namespace=${namespace}`]);

/** Runs the migrations of a release, by the Job that it would bring. @returns seconds */
async function migrate({ objects }: ClusterContext, image: string): Promise<number> {
  const job = ofKind(objects, 'Job').find(({ metadata }) => metadata.name.includes('migrate'));
  if (job === undefined) throw new CheckFailed(['There is no migration Job.']);
  const name = `todo-api-migrate-${image.replace(/^.*:[^-]*-/, '')}`;
  const spec = structuredClone(job.spec) as { template: { spec: { containers: { image: string }[] } } };
  for (const container of spec.template.spec.containers) container.image = image;
  const began = performance.now();
  await kubectl(['create', '-f', '-'], { ...job, metadata: { ...job.metadata, name }, spec });
  await kubectl([
    'wait',
    `job/${name}`,
    `--namespace=${namespace}`,
    '--for=condition=Complete',
    `--timeout=${jobSeconds}s`,
  ]);
  return (performance.now() - began) / 1000;
}

interface Member {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

async function registerIn(pod: string): Promise<Member> {
  const member = {
    email: `member-${randomBytes(8).toString('hex')}@load.sightline.example`,
    password: randomBytes(16).toString('hex'),
    name: `Written by ${pod}`,
  };
  const { status } = await askInPod(pod, { method: 'POST', path: '/v1/users', json: member });
  if (status !== 201) throw new CheckFailed([`${pod} answered a registration with ${status}.`]);
  return member;
}

/** Sentences about a user who is not in a pod as they were written. */
async function faultsOfReading(pod: string, { email, password, name }: Member): Promise<string[]> {
  const session = await askInPod(pod, { method: 'POST', path: '/v1/sessions', json: { email, password } });
  const { access_token: token = '' } = (session.body ?? {}) as { access_token?: string };
  const { status, body } = await askInPod(pod, { method: 'GET', path: '/v1/users/me', token });
  const read = (body as { name?: string } | null)?.name;
  return status === 200 && read === name
    ? []
    : [`${pod} answers ${status} with the name ${read} for the user whose name is ${name}.`];
}

/** Each writes a user, and each reads both. */
async function expectAgreement(pods: readonly string[]): Promise<void> {
  const members = await Promise.all(pods.map(registerIn));
  const faults = await Promise.all(
    pods.flatMap((pod) => members.map((member) => faultsOfReading(pod, member))),
  );
  if (faults.flat().length > 0) throw new CheckFailed(faults.flat());
}

/** Brings the next release and its migration, and the migration of the one after that. */
export async function changeSchema(context: ClusterContext): Promise<string> {
  const { image, nextImage, nextButOneImage } = context;
  await setImage(nextImage);
  let expandSeconds: number;
  try {
    const hasBegun = async () => (await apiPods()).some((pod) => imageOf(pod) === nextImage);
    await waitFor(hasBegun, startSeconds, 'No pod of the next release came');
    // Both releases run for as long as it takes to look at them.
    await rollout('pause');
    expandSeconds = await migrate(context, nextImage);
    const isThere = async () => (await readyPod(nextImage)) !== undefined;
    await waitFor(isThere, startSeconds, 'The pod of the next release was not Ready after its migration');
    const pods = [(await readyPod(image)) ?? '', (await readyPod(nextImage)) ?? ''];
    if (pods.includes(''))
      throw new CheckFailed(['No pod of the release before is left: nothing can be compared.']);
    await expectAgreement(pods);
  } finally {
    await rollout('resume');
  }
  const count = await settled(nextImage);
  const contractSeconds = await migrate(context, nextButOneImage);
  await expectAgreement([(await readyPod(nextImage)) ?? '']);
  return (
    `${count} pods were replaced by those of the next release, whose migration (${expandSeconds.toFixed(1)} s) gave a ` +
    `column another name while both read and wrote it; then the old name went (${contractSeconds.toFixed(1)} s)`
  );
}
