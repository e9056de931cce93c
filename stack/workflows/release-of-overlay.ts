/** Which release runs where: what a release may be called, and the file of an overlay that names it. */

/** The names of the images, which the overlays and the workflows have to agree on: of the service, and of its backups. */
export const imageName = 'ghcr.io/sightline-example/todo-api';
export const backupImageName = `${imageName}-backup`;

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

/** The text of a release's file with another release of every image in it. @throws Error when it names none */
export function withRelease(kustomization: string, release: string): string {
  const line = /^( *newTag: ).*$/gm;
  if (kustomization.search(line) === -1)
    throw new Error('The kustomization has no newTag, so it names no release.');
  return kustomization.replace(line, (_all, key: string) => `${key}${release}`);
}
