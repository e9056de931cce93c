/** Where backups are kept: names and their bytes, in one flat folder. */

export interface Storage {
  /** For people. */
  readonly name: string;
  /** The names of everything that is there as a whole. */
  list(): Promise<readonly string[]>;
  /** Its bytes; a missing one is a StorageError. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** As a whole or not at all: a reader never sees half of it, whatever happens to the writer. */
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** A missing one is none of its business. */
  remove(name: string): Promise<void>;
}

/** A text, which is small. */
export async function readText(storage: Storage, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.read(name)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const writeText = (storage: Storage, name: string, text: string): Promise<void> =>
  storage.write(
    name,
    (async function* () {
      yield await Promise.resolve(Buffer.from(text));
    })(),
  );
