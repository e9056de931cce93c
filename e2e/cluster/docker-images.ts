/** The images by Docker and the registries, where those can be reached, in place of ones made here (stack/images). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { docker, whyNoDocker } from '@sightline/stack/images/docker.ts';
import { writeLaterRelease } from '@sightline/stack/images/later-releases.ts';
import { splitReference } from '@sightline/stack/images/make.ts';
import { service } from './service-image.ts';

export { whyNoDocker };

/** Its process ends at once, as that of a release that does not start. */
const brokenCommand = 'CMD ["app/src/not-in-this-release.ts"]';

/** An image like another, but with a command that fails. */
function breakImage(image: string, broken: string): void {
  const container = docker(['create', image]);
  try {
    docker(['commit', `--change=${brokenCommand}`, container, broken]);
  } finally {
    docker(['rm', container]);
  }
}

/** An image like another, with what a later release has in place of its files. */
function buildLaterRelease(image: string, later: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-later-'));
  try {
    if (!writeLaterRelease(later, folder)) throw new Error(`Nothing says how ${later} is made.`);
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${image}\nCOPY srv /srv\n`);
    docker(['build', `--tag=${later}`, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Builds those of the service, pulls the others, and writes all of them to one archive, `file`.
 * @throws Error with what Docker said
 */
export function dockerImages(
  references: readonly string[],
  file: string,
  say: (line: string) => void,
): Promise<void> {
  const ours = references.filter((reference) => splitReference(reference)[0] === service);
  const [image, ...others] = ours;
  if (image !== undefined) {
    say(`building ${image} by Docker …`);
    docker(['build', `--tag=${image}`, '--build-arg=REVISION=local', checkout]);
    for (const other of others)
      if (other.endsWith('-broken')) breakImage(image, other);
      else buildLaterRelease(image, other);
  }
  for (const reference of references.filter((each) => !ours.includes(each))) {
    say(`pulling ${reference} …`);
    docker(['pull', '--quiet', reference]);
  }
  docker(['save', `--output=${file}`, ...references]);
  return Promise.resolve();
}
