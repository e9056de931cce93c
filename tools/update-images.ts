/**
 * `make update-images`: asks the registries which build each tag of images.env is today, and writes its digest behind it, there
 * and in the Dockerfiles. Which release is taken is decided by hand. Nothing is written unless all of them answer.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { imagesFile, outdatedFacts, readImages, withoutDigest } from './images.ts';
import { digestOf, type Registries } from './registry.ts';

const dockerfiles = ['../Dockerfile', '../backup/Dockerfile'].map((path) => new URL(path, import.meta.url));

/** The digest of each image of `text` (as images.env is written), by the reference without one. */
export async function digests(
  text: string,
  registries: Registries = {},
): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    Object.values(readImages(text)).map(async (reference) => {
      const { registry, repository, tag } = reference;
      return [`${registry}/${repository}:${tag}`, await digestOf(reference, registries)] as const;
    }),
  );
  return new Map(found);
}

/** A text in which each known image has its digest, in place of an older one. */
export function pinned(text: string, known: ReadonlyMap<string, string>): string {
  return text.replace(/(?<==)[^\s=]+:[^\s=]+$/gm, (value) => {
    const reference = withoutDigest(value);
    const digest = known.get(reference);
    return digest === undefined ? value : `${reference}@${digest}`;
  });
}

async function update(): Promise<void> {
  for (const line of outdatedFacts(readImages())) console.log(line);
  const known = await digests(readFileSync(imagesFile, 'utf8'));
  for (const file of [imagesFile, ...dockerfiles]) {
    const before = readFileSync(file, 'utf8');
    const after = pinned(before, known);
    if (after !== before) writeFileSync(file, after);
    console.log(
      `${file.pathname.split('/').slice(-2).join('/')}: ${after === before ? 'as it was' : 'changed; now: make generate'}`,
    );
  }
}

if (import.meta.main) {
  try {
    await update();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
