/** Brings into the cluster what the checks need, and takes it out again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import type { KubernetesObject } from '@sightline/kubernetes/objects.ts';
import { render } from '@sightline/kubernetes/render.ts';
import { type Account, openAccounts } from '@sightline/loadtest/accounts.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { whyNoDebian } from '@sightline/stack/images/debian.ts';
import { canMake, makeImages, splitReference } from '@sightline/stack/images/make.ts';
import { localSecrets } from '@sightline/stack/kubernetes/local-secrets.ts';
import type { ClusterContext } from './check.ts';
import { dockerImages, whyNoDocker } from './docker-images.ts';
import { apply, get, kubectl } from './kubectl.ts';
import { loadUsers } from './load.ts';
import { tested } from './manifests.ts';
import { service } from './service-image.ts';
import type { ClusterSettings } from './settings.ts';

const drillRules = join(checkout, 'alerts/generated/drill/kubernetes.rules.yaml');
/** Kinds that are in no namespace, and so are not removed with one. */
const clusterWide = new Set(['ClusterRole', 'ClusterRoleBinding', 'Namespace']);

/** Where the images come from: why they can't, and what writes them to an archive. */
const sources = {
  made: { whyNot: whyNoDebian, write: makeImages },
  docker: { whyNot: whyNoDocker, write: dockerImages },
} as const satisfies Readonly<Record<ClusterSettings['images'], object>>;

/** Objects created outside of namespaces, which have to be deleted. */
let brought: readonly KubernetesObject[] = [];

/** Refuses to work in a cluster that has something of these names: it would be changed, and removed in the end. */
async function expectNothingThere(objects: readonly KubernetesObject[]): Promise<void> {
  const { items } = await get<{ items: readonly { metadata: { name: string } }[] }>('/api/v1/namespaces');
  const taken = items.filter(({ metadata }) =>
    objects.some(({ kind, metadata: { name } }) => kind === 'Namespace' && name === metadata.name),
  );
  if (taken.length > 0)
    throw new Error(
      `The cluster has a namespace ${taken.map(({ metadata }) => metadata.name).join(' and ')} already. This test would ` +
        'change what is in it and remove it: take a cluster made for tests, or delete the namespace first.',
    );
}

async function bringImages(
  images: readonly string[],
  { loadImages: command, images: source }: ClusterSettings,
  say: (line: string) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-images-'));
  const archive = join(folder, 'images.tar');
  try {
    await sources[source].write(images, archive, say);
    say('loading the images …');
    const { status, stderr, error } = spawnSync('sh', ['-c', `${command} "$1"`, 'sh', archive], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`LOAD_IMAGES failed (${command}): ${error?.message ?? stderr.trim()}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error with a sentence about what is missing here or in the cluster */
export async function prepare(
  settings: ClusterSettings,
  say: (line: string) => void,
): Promise<ClusterContext> {
  const noKubectl = whyNoKubectl();
  if (noKubectl !== undefined) throw new Error(`Nothing can be applied: ${noKubectl}`);
  const noImages = sources[settings.images].whyNot();
  if (noImages !== undefined) throw new Error(`The images can't be made here: ${noImages}.`);
  const { objects, images, skipped } = tested(
    await render('local'),
    canMake,
    readFileSync(drillRules, 'utf8'),
  );
  await expectNothingThere(objects);
  const image = images.find((each) => splitReference(each)[0] === service);
  if (image === undefined) throw new Error(`The local overlay names no image ${service}.`);
  const nextImage = `${image}-next`;
  const nextButOneImage = `${image}-next-but-one`;
  const brokenImage = `${image}-broken`;
  await bringImages([...images, nextImage, nextButOneImage, brokenImage], settings, say);

  const secrets = mkdtempSync(join(tmpdir(), 'sightline-secrets-'));
  try {
    brought = objects.filter(({ kind }) => clusterWide.has(kind));
    await apply(brought);
    await apply(await localSecrets(secrets));
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
  let accounts: Promise<readonly Account[]> | undefined;
  return {
    objects,
    images,
    skipped,
    apiUrl: settings.apiUrl,
    image,
    nextImage,
    nextButOneImage,
    brokenImage,
    accounts: () => {
      accounts ??= openAccounts(settings.apiUrl, loadUsers, true);
      return accounts;
    },
  };
}

/** Removes all that `prepare` and the checks brought. */
export async function remove(say: (line: string) => void): Promise<void> {
  if (brought.length === 0) return;
  say('removing what was brought …');
  const list = { apiVersion: 'v1', kind: 'List', items: brought };
  await kubectl(['delete', '--ignore-not-found', '--timeout=180s', '-f', '-'], list).catch((error: Error) =>
    say(`Not all could be removed: ${error.message}`),
  );
}
