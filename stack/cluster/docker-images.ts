/** The images by Docker and the registries, where those can be reached, in place of ones made here (stack/images). */
import { docker, whyNoDocker } from '../images/docker.ts';
import { splitReference } from '../images/make.ts';
import { checkout } from '../native/settings.ts';
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
      else docker(['tag', image, other]);
  }
  for (const reference of references.filter((each) => !ours.includes(each))) {
    say(`pulling ${reference} …`);
    docker(['pull', '--quiet', reference]);
  }
  docker(['save', `--output=${file}`, ...references]);
  return Promise.resolve();
}
