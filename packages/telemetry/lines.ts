/** Lines of bytes, as everything that is ours writes them: split at LF and nowhere else. */
import type { Readable } from 'node:stream';

const newline = 10;
/** The longest line that is held in memory, in bytes; none of ours comes near it. */
const usualLongest = 64 * 1024 * 1024;

/**
 * The lines of a stream, without their LF, as text in UTF-8; what follows the last LF is one as well. Node's readline
 * splits at U+2028, U+2029 and CR too, which a line of JSON may have inside.
 * @param longest in bytes
 * @throws Error with a sentence at a longer line, since who asks for lines can't go on with a part of one; the stream's error
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  longest = usualLongest,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length > longest) throw new Error(`Line ${number} is longer than ${longest} bytes.`);
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let at = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, at)) {
      take(chunk.subarray(at, end));
      yield Buffer.concat(parts, length).toString();
      parts = [];
      length = 0;
      number += 1;
      at = end + 1;
    }
    take(chunk.subarray(at));
  }
  if (length > 0) yield Buffer.concat(parts, length).toString();
}

/** The first line; undefined when there is none. What follows is read and thrown away. Throws as `linesOf`. */
export async function firstLine(stream: Readable, longest?: number): Promise<string | undefined> {
  try {
    // Else leaving the loop would destroy a socket before it is answered.
    for await (const line of linesOf(stream.iterator({ destroyOnReturn: false }), longest)) return line;
    return undefined;
  } finally {
    stream.resume();
  }
}
