/** Where backups are kept: names and their bytes, in one flat folder. */
import { Refused } from '../outcome.ts';

export interface Storage {
  /** For people. */
  readonly name: string;
  /** The names of everything that is there as a whole. */
  list(): Promise<readonly string[]>;
  /** Its bytes; a missing one is a StorageError. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** Writes the whole or nothing: a reader never sees half of it, whatever happens to the writer. */
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** A missing one is none of its business. */
  remove(name: string): Promise<void>;
}

/** A manifest of 100 GB has less than 2 MB. Others may put anything there, and it is read into memory. */
const maxTextBytes = 16 * 1024 ** 2;

/** A text, which is small. Throws Refused when it is not. */
export async function readText(storage: Storage, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of storage.read(name)) {
    bytes += chunk.length;
    if (bytes > maxTextBytes)
      throw new Refused(`${name} has more than ${maxTextBytes} bytes, so it is not read.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export const writeText = (storage: Storage, name: string, text: string): Promise<void> =>
  storage.write(
    name,
    (async function* () {
      yield await Promise.resolve(Buffer.from(text));
    })(),
  );
