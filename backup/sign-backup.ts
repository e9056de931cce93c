/** Signs a backup that was not: of before backups were signed, or by a key that is trusted no more. */
import type { KeyObject } from 'node:crypto';
import { type Manifest, manifestFile, manifestOf, manifestText } from './manifest.ts';
import { Refused } from './outcome.ts';
import { measured } from './pieces.ts';
import { keyId, splitSignature } from './signature.ts';
import { readText, type Storage, writeText } from './storage/storage.ts';

export interface SignPlan {
  readonly storage: Storage;
  readonly signingKey: KeyObject;
  /** Keys of those whose backups are taken. */
  readonly keys: readonly KeyObject[];
}

/** Whether a backup bears no signature at all. */
export async function isUnsigned(storage: Storage, id: string): Promise<boolean> {
  return splitSignature(id, await readText(storage, manifestFile(id))).signature === undefined;
}

/**
 * Signs a backup as it is there: whoever asks for it knows that it is ours, which nothing here can tell.
 * @throws Refused when its dump is not what its manifest says, or it bears the signature of a key that is trusted
 */
export async function signBackup({ storage, signingKey, keys }: SignPlan, id: string): Promise<Manifest> {
  const { document, signature } = splitSignature(id, await readText(storage, manifestFile(id)));
  if (keys.some((key) => keyId(key) === signature?.key))
    throw new Refused(
      `${id} bears the signature of a trusted key: it is signed, or was changed since. It stays as it is.`,
    );
  const manifest = manifestOf(id, document);
  const { file, bytes, sha256 } = manifest.dump;
  const { chunks, measure } = measured(storage.read(file));
  for await (const _ of chunks);
  const found = measure();
  if (found.bytes !== bytes || found.sha256 !== sha256)
    throw new Refused(`${id} is not signed: its dump is not the one that its manifest is about.`);
  const signed: Manifest = { ...manifest, format: 2, dump: { file, ...found } };
  await writeText(storage, manifestFile(id), manifestText(signed, signingKey));
  return signed;
}
