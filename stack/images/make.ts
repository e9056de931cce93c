import { withoutDigest } from '@sightline/tools/images.ts';
import { type Image, writeArchive } from './archive.ts';
import { type Recipe, recipes } from './recipes.ts';
import { inWorkshop } from './workshop.ts';

/** Name and tag of an image's reference, without a digest. */
export function splitReference(reference: string): readonly [name: string, tag: string] {
  const named = withoutDigest(reference);
  const colon = named.lastIndexOf(':');
  return [named.slice(0, colon), named.slice(colon + 1)];
}

/** Whether an image can be made here, by its reference. */
export const canMake = (reference: string) => splitReference(reference)[0] in recipes;

/**
 * Makes images and writes them to one archive, `file`.
 * @param references as manifests have them, without a digest; each has a recipe
 * @param known the recipes, by the name of each image
 * @throws Error with what a program said that failed
 */
export async function makeImages(
  references: readonly string[],
  file: string,
  say: (line: string) => void,
  known: Readonly<Record<string, Recipe>> = recipes,
): Promise<void> {
  await inWorkshop(async (workshop) => {
    const images: Image[] = [];
    for (const reference of references) {
      const [name, tag] = splitReference(reference);
      const recipe = known[name];
      if (recipe === undefined) throw new Error(`There is no recipe for the image ${reference}.`);
      if (recipe.insteadOf !== undefined) say(`${reference} is ${recipe.insteadOf} here`);
      images.push({ name: reference, ...(await recipe.make({ workshop, say }, tag)) });
    }
    writeArchive(file, images, workshop);
  });
}
