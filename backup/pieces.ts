/** A stream in pieces, each of which can be known before it is used. */
import { createHash } from 'node:crypto';
import { Refused } from './outcome.ts';

/** The SHA-256 of each piece of a file, in their order. */
export interface Pieces {
  /** Bytes of each piece but the last, which may have fewer. */
  readonly bytes: number;
  readonly sha256: readonly string[];
}

/** A file as it was written. */
export interface Measure {
  readonly bytes: number;
  /** SHA-256 of the whole file, hexadecimal: for people, who have sha256sum. */
  readonly sha256: string;
  readonly pieces: Pieces;
}

/** Held in memory twice. A backup of 100 GB has 25,000 of them, 1.7 MB of its manifest. */
const pieceBytes = 4 * 1024 ** 2;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Cuts into chunks of so many bytes; the last may have fewer. */
export async function* inPieces(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    length += chunk.length;
    while (length >= bytes) {
      const all = Buffer.concat(waiting);
      yield all.subarray(0, bytes);
      waiting = [all.subarray(bytes)];
      length -= bytes;
    }
  }
  if (length > 0) yield Buffer.concat(waiting);
}

/** Passes bytes on, and knows in the end what they were. */
export function measured(chunks: AsyncIterable<Uint8Array>): {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly measure: () => Measure;
} {
  const whole = createHash('sha256');
  const digests: string[] = [];
  let bytes = 0;
  async function* passedOn(): AsyncGenerator<Uint8Array> {
    for await (const piece of inPieces(chunks, pieceBytes)) {
      whole.update(piece);
      digests.push(sha256(piece));
      bytes += piece.length;
      yield piece;
    }
  }
  return {
    chunks: passedOn(),
    measure: () => ({
      bytes,
      sha256: whole.digest('hex'),
      pieces: { bytes: pieceBytes, sha256: digests },
    }),
  };
}

/**
 * Passes on what was stored, each piece once it is known to be what was written: whoever reads it never gets a byte of
 * anything else.
 * @throws Refused at the first piece that is not, and when some are missing
 */
export async function* unchanged(
  chunks: AsyncIterable<Uint8Array>,
  { bytes, pieces }: Measure,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  let index = 0;
  for await (const piece of inPieces(chunks, pieces.bytes)) {
    length += piece.length;
    if (length > bytes)
      throw new Refused(
        `It has more than the ${bytes} bytes it was written with, so it is not used: it was changed.`,
      );
    if (piece.length < pieces.bytes && length < bytes) break;
    if (sha256(piece) !== pieces.sha256[index])
      throw new Refused(
        `Its bytes from ${length - piece.length} on have not the SHA-256 of its manifest, so it is not used: it was changed.`,
      );
    yield piece;
    index += 1;
  }
  if (length !== bytes)
    throw new Refused(
      `It has ${length} bytes and was written with ${bytes}, so it is not used: it is truncated.`,
    );
}
