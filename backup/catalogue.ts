/** Which backups a destination has, and which of them are ours. */
import type { KeyObject } from 'node:crypto';
import { backupsAmong, byDate, type Manifest, manifestFile, readManifest } from './manifest.ts';
import { Refused } from './outcome.ts';
import { readText, type Storage } from './storage/storage.ts';

export interface Catalogue {
  /** Signed by one of the keys, the newest first; the first is what `newest` means. */
  readonly backups: readonly Manifest[];
  /** Signed, too, and dated in the future or by no time: they count as nothing. */
  readonly ahead: readonly Manifest[];
  /** Not signed by one of the keys: nothing of them is used, and nobody removes them. Each with the sentence that says why. */
  readonly refused: ReadonlyMap<string, string>;
}

/** How many manifests are read at once. */
const atOnce = 16;

/**
 * Reads every manifest.
 * @param files at the destination
 * @param keys of whom backups may be
 * @throws StorageError when the destination is away
 */
export async function readCatalogue(
  storage: Storage,
  files: readonly string[],
  keys: readonly KeyObject[],
  now = Date.now(),
): Promise<Catalogue> {
  const ids = backupsAmong(files);
  const read = new Map<string, Manifest>();
  const refused = new Map<string, string>();
  for (let start = 0; start < ids.length; start += atOnce) {
    const look = async (id: string) => {
      try {
        read.set(id, readManifest(id, await readText(storage, manifestFile(id)), keys));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused.set(id, error.message);
      }
    };
    await Promise.all(ids.slice(start, start + atOnce).map(look));
  }
  const { dated, ahead } = byDate(
    ids.filter((id) => read.has(id)),
    now,
  );
  const manifests = (some: readonly string[]) => some.flatMap((id) => read.get(id) ?? []);
  return { backups: manifests(dated), ahead: manifests(ahead), refused };
}

/** Advice about backups that are refused. */
export const refusedAdvice =
  'Find out who wrote them (docs/disaster-recovery.md, "A backup that is not ours").';

/** Sentences about the backups that are refused, none when there are none. */
export const aboutRefused = ({ refused }: Pick<Catalogue, 'refused'>): readonly string[] =>
  refused.size === 0 ? [] : [...refused.values(), refusedAdvice];
