/**
 * Signatures of what is kept at a destination, by Ed25519. Who may write there has no key, so what others put there is told
 * from what this project's programs did.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Refused } from './outcome.ts';

/** The kind of a signed file: a signature of one kind is none of another. */
export type SignedKind = 'backup manifest' | 'restore drill result';

interface Signature {
  /** `keyId` of the key. */
  readonly key: string;
  /** Base64. */
  readonly value: string;
}

/** How keys are called: the first 16 hexadecimal digits of the SHA-256 of the public key (SPKI, DER). */
export const keyId = (key: KeyObject): string =>
  createHash('sha256')
    .update((key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

/** JSON without blanks, its members in the order of the file: `jq -cj 'del(.signature)'` makes the same. */
const signedBytes = (kind: SignedKind, document: object) =>
  Buffer.from(`sightline ${kind}\n${JSON.stringify(document)}`);

/** A document as a file that says who wrote it. */
export function signedText(kind: SignedKind, document: object, key: KeyObject): string {
  const value = sign(null, signedBytes(kind, document), key).toString('base64');
  const signature: Signature = { key: keyId(key), value };
  return `${JSON.stringify({ ...document, signature }, null, 2)}\n`;
}

/** A file's document and its signature, of which nothing is proved. Throws Refused when it is no JSON object. */
export function splitSignature(
  name: string,
  text: string,
): { readonly document: object; readonly signature: Partial<Signature> | undefined } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Refused(`${name} is damaged: it is not JSON.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Refused(`${name} is damaged: it is no JSON object.`);
  const { signature, ...document } = parsed as { signature?: Partial<Signature> };
  return { document, signature };
}

/**
 * Returns the content of a file, once it is proved who wrote it.
 * @param name of the file, for the sentence that refuses it
 * @param keys public ones
 * @throws Refused when it is not signed, by another key, or was changed since
 */
export function verifiedDocument(
  kind: SignedKind,
  name: string,
  text: string,
  keys: readonly KeyObject[],
): object {
  const { document, signature } = splitSignature(name, text);
  if (signature === undefined || signature === null)
    throw new Refused(
      `${name} is not signed, so it is not used. If it is known to be from before backups were signed: make sign-backup (docs/disaster-recovery.md).`,
    );
  const key = keys.find((one) => keyId(one) === signature.key);
  if (key === undefined)
    throw new Refused(
      `${name} is signed by the key ${String(signature.key).slice(0, 16)}, which is none of BACKUP_VERIFICATION_KEYS (${keys.map(keyId).join(', ')}), so it is not used.`,
    );
  if (!verify(null, signedBytes(kind, document), key, Buffer.from(String(signature.value), 'base64')))
    throw new Refused(`${name} was changed after it was signed, so it is not used.`);
  return document;
}
