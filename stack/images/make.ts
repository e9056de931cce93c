import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../native/settings.ts';
import { type Image, writeArchive } from './archive.ts';
import { recipes } from './recipes.ts';

/** Name and tag of an image's reference. */
export function splitReference(reference: string): readonly [name: string, tag: string] {
  const colon = reference.lastIndexOf(':');
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}

/** Whether an image can be made here, by its reference. */
export const canMake = (reference: string) => splitReference(reference)[0] in recipes;

/**
 * Makes images and writes them to one archive, `file`.
 * @param references as manifests have them; each has a recipe
 * @throws Error with what a program said that failed
 */
export async function makeImages(
  references: readonly string[],
  file: string,
  say: (line: string) => void,
): Promise<void> {
  const cache = join(checkout, '.cache/images');
  mkdirSync(cache, { recursive: true });
  const workshop = mkdtempSync(join(cache, 'run-'));
  try {
    const images: Image[] = [];
    for (const reference of references) {
      const [name, tag] = splitReference(reference);
      const recipe = recipes[name];
      if (recipe === undefined) throw new Error(`There is no recipe for the image ${reference}.`);
      if (recipe.insteadOf !== undefined) say(`${reference} is ${recipe.insteadOf} here`);
      images.push({ name: reference, ...(await recipe.make({ workshop, cache, say }, tag)) });
    }
    writeArchive(file, images, workshop);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
