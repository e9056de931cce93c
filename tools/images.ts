/** The images of `images.env`: what runs beside the service, each at one release. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export const imagesFile = new URL('../images.env', import.meta.url);
const factsFile = new URL('../images.yaml', import.meta.url);

/** The facts of an image: a row of `images.yaml`, which says what each field means. Memory is in MiB. */
export interface ImageFacts {
  readonly release: string;
  readonly user: number | null;
  readonly heap: string | null;
  readonly beside?: number;
  readonly min: number;
  readonly writes: readonly string[];
  readonly starts: string;
  readonly read: readonly string[];
}

/** Reads the facts by the name of the image's variable. */
export function readImageFacts(): Readonly<Record<string, ImageFacts>> {
  return parse(readFileSync(factsFile, 'utf8')) as Record<string, ImageFacts>;
}

/** A sentence for each image whose tag is no longer the one that `images.yaml` was written for. */
export function outdatedFacts(
  images: Readonly<Record<string, Reference>>,
  facts: Readonly<Record<string, ImageFacts>> = readImageFacts(),
): readonly string[] {
  return Object.entries(images)
    .filter(([name, { tag }]) => facts[name]?.release !== tag)
    .map(
      ([name, { tag }]) =>
        `images.yaml knows ${name} at ${facts[name]?.release ?? 'no release'}, and images.env has ${tag}: read what ` +
        'upstream says of its memory, user, folders and start, and write it there.',
    );
}

/** `registry/repository:tag`, and the digest behind it (`sha256:…`) where it is known. */
export interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
}

const pattern =
  /^(?<registry>[^/]+)\/(?<repository>[^:@]+):(?<tag>[^:@/]+)(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** @throws Error with a sentence when it is no complete reference: registry, repository, and tag */
export function parseReference(text: string): Reference {
  const { registry, repository, tag, digest } = pattern.exec(text)?.groups ?? {};
  if (registry === undefined || repository === undefined || tag === undefined)
    throw new Error(
      `"${text}" is no image such as docker.io/library/redis:8.2.2, nor that with @sha256:… behind it.`,
    );
  return { registry, repository, tag, digest };
}

/** Name and tag, without a digest: what an image that was made here is called. */
export const withoutDigest = (reference: string) => reference.replace(/@sha256:[0-9a-f]{64}$/, '');

/**
 * The images by the name of their variable, as in `REDIS_IMAGE`.
 * @throws Error with a sentence that names the line which is no such assignment
 */
export function readImages(text = readFileSync(imagesFile, 'utf8')): Readonly<Record<string, Reference>> {
  const images: Record<string, Reference> = {};
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', value = ''] = /^([A-Z_]+_IMAGE)=(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`images.env, line ${index + 1}: "${line}" is no NAME_IMAGE=reference.`);
    images[name] = parseReference(value);
  }
  return images;
}
