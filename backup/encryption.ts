/** age, as a stream: 64 KiB at a time, each piece of which proves that nobody changed it. */
import { Decrypter, Encrypter } from 'age-encryption';
import { Refused } from './outcome.ts';
import { reasonOf } from './reason.ts';

/** For whoever has the identity of one of the recipients, and nobody else. */
export async function* encrypted(
  chunks: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  yield* await encrypter.encrypt(ReadableStream.from(chunks));
}

/**
 * Decrypts to the bytes that were encrypted.
 * @throws Refused when no identity fits, or when it is not what was written: truncated, damaged, changed
 */
export async function* decrypted(
  chunks: AsyncIterable<Uint8Array>,
  identities: readonly string[],
): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  let failure: unknown;
  // What its source throws is to be told from what is wrong with its bytes.
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  try {
    yield* await decrypter.decrypt(ReadableStream.from(watched()));
  } catch (error) {
    if (failure !== undefined) throw failure;
    const reason = reasonOf(error);
    throw new Refused(
      /no identity matched/.test(reason)
        ? 'It is encrypted for another key than the identity given (BACKUP_IDENTITY).'
        : `It is not what was written, so it is not used: it is truncated, or was changed (age says: ${reason}).`,
      { cause: error },
    );
  }
}
