/** Which release runs where: what a release may be called, and the file of an overlay that names it. */
import { parseDocument } from 'yaml';

/** The images as the manifests name them: of the service, and of its backups. */
export const imageName = 'ghcr.io/sightline-example/todo-api';
export const backupImageName = `${imageName}-backup`;

/** Where an image is of a repository at GitHub: with its owner's packages. Without GITHUB_REPOSITORY as the manifests say. */
export function placeOf(image: string, { GITHUB_REPOSITORY: repository = '' }: NodeJS.ProcessEnv): string {
  const [owner = ''] = repository.toLowerCase().split('/');
  return owner === '' ? image : image.replace('/sightline-example/', `/${owner}/`);
}

const environments = ['staging', 'production'];

/** From the root of the checkout. */
export const releaseFile = (environment: string) =>
  `kubernetes/overlays/${environment}/release/kustomization.yaml`;

/** @throws Error with a sentence when ENVIRONMENT is none that something is deployed to */
export function environmentIn({ ENVIRONMENT: name = '' }: NodeJS.ProcessEnv): string {
  if (environments.includes(name)) return name;
  throw new Error(`ENVIRONMENT is "${name}"; there are ${environments.join(' and ')}.`);
}

/** @throws Error with a sentence when RELEASE can't be a tag of the image and a part of a Job's name */
export function releaseIn({ RELEASE: release = '' }: NodeJS.ProcessEnv): string {
  if (/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(release) && release.length <= 40) return release;
  throw new Error(
    `RELEASE is "${release}"; it takes lower-case letters, digits, dots and dashes, such as 0.2.0.`,
  );
}

/** The images of a release, and which variable has the digest of each. */
export const releaseImages = [
  { name: imageName, variable: 'DIGEST' },
  { name: backupImageName, variable: 'BACKUP_DIGEST' },
] as const;

/** The digests to deploy, by image: a tag can be moved between the look at its signature and the pull. */
export type Digests = Readonly<Record<string, string>>;

/** @throws Error with a sentence when the digest of one is missing */
export function digestsIn(environment: NodeJS.ProcessEnv): Digests {
  return Object.fromEntries(
    releaseImages.map(({ name, variable }) => {
      const digest = environment[variable] ?? '';
      if (!/^sha256:[0-9a-f]{64}$/.test(digest))
        throw new Error(
          `${variable} is "${digest}"; it takes the digest of ${name}, sha256:…, that make verify-image found signed.`,
        );
      return [name, digest];
    }),
  );
}

/**
 * The text of a release's file with another release of every image in it, from where GITHUB_REPOSITORY of `environment` has it.
 * @throws Error when it lacks one
 */
export function withRelease(
  kustomization: string,
  release: string,
  digests: Digests,
  environment: NodeJS.ProcessEnv = {},
): string {
  const document = parseDocument(kustomization);
  const images = (document.toJS() as { images?: readonly { name: string }[] }).images ?? [];
  for (const { name } of releaseImages) {
    const index = images.findIndex((image) => image.name === name);
    if (index === -1) throw new Error(`The kustomization names no release of ${name}.`);
    const place = placeOf(name, environment);
    if (place !== name) document.setIn(['images', index, 'newName'], place);
    document.setIn(['images', index, 'newTag'], release);
    document.setIn(['images', index, 'digest'], digests[name]);
  }
  return document.toString({ lineWidth: 0, indentSeq: true });
}
