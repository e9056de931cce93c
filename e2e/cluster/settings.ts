import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';

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

/** @throws Error with a sentence when one is missing that has to be given */
export function readSettings(environment: NodeJS.ProcessEnv): ClusterSettings {
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
  const images = environment['IMAGES'] || 'made';
  if (images !== 'made' && images !== 'docker')
    throw new Error(
      `IMAGES is "${images}"; it takes made (on this machine, of Debian) or docker (built and pulled).`,
    );
  return {
    loadImages: given || `'${loader}'`,
    images,
    apiUrl: environment['API_URL'] || 'http://127.0.0.1:30300',
  };
}
