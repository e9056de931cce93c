import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { oneOf, serverUrl } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';

export interface ClusterSettings {
  /** A command of a shell that brings an archive of images, whose path is added to it, into the cluster. */
  readonly loadImages: string;
  /** `made` on this machine without a registry (stack/images), or by `docker`, which builds and pulls them. */
  readonly images: 'made' | 'docker';
  /** Where port 30300 of a node is reached from here. */
  readonly apiUrl: string;
}

/** Beside the checkout where this repository is tested. */
const loader = join(checkout, '../shared/cluster/load-image.sh');

const settings = {
  IMAGES: { ...oneOf('made', 'docker'), unset: 'made' },
  API_URL: { ...serverUrl('http://127.0.0.1:30300'), unset: 'http://127.0.0.1:30300' },
};

/** @throws Error with a sentence when one is missing that has to be given, or wrong */
export function readClusterSettings(environment: Environment): ClusterSettings {
  if (!environment['KUBECONFIG'])
    throw new Error(
      'KUBECONFIG is not set. It says which cluster the local overlay is tried on, and removed from again: one made for ' +
        'that, such as kind makes (docs/deploy-kubernetes.md).',
    );
  const given = environment['LOAD_IMAGES'];
  if (!given && !existsSync(loader))
    throw new Error(
      'LOAD_IMAGES is not set. It is the command that brings an archive of images into the cluster, as in ' +
        "LOAD_IMAGES='kind load image-archive --name sightline'; the path of the archive is added to it.",
    );
  const { IMAGES: images, API_URL: apiUrl } = readSettings(settings, environment);
  return { loadImages: given || `'${loader}'`, images, apiUrl };
}
