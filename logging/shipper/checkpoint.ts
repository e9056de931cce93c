import { readFileSync } from 'node:fs';
import { replaceDurably } from './durable.ts';

/** How far the shipper is in one file. Offsets are in bytes. */
export interface FilePosition {
  /** Where the file was found; it may have been renamed since. */
  readonly path: string;
  readonly device: string;
  readonly inode: string;
  /** Names what the file holds, also when that is copied elsewhere. */
  readonly contentId: string;
  /** The first bytes, by which what it holds is known again. */
  readonly headBytes: number;
  readonly headSha256: string;
  /** Everything before this is in Elasticsearch or among the dead letters. */
  readonly offset: number;
  /** Bytes between `offset` and this place were about to be sent: they may or may not have arrived. */
  readonly sent: number;
}

export interface Checkpoint {
  readonly version: 1;
  /** ISO 8601. */
  readonly savedAt: string;
  /** The files of a path oldest first. */
  readonly files: readonly FilePosition[];
}

/**
 * Loads the last checkpoint; undefined at the first start.
 * @throws Error with a sentence when there is a file that isn't a checkpoint: going on without it would ship all again
 */
export function loadCheckpoint(path: string): Checkpoint | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`The checkpoint ${path} can't be read: ${(error as Error).message}`);
  }
  try {
    const value = JSON.parse(text) as Checkpoint;
    if (value.version === 1 && Array.isArray(value.files)) return value;
  } catch {
    // The sentence below says it.
  }
  throw new Error(
    `${path} is not a checkpoint of this shipper. Move it away to ship every followed file from its start.`,
  );
}

/** Throws the file system's error. */
export const saveCheckpoint = (path: string, checkpoint: Checkpoint) =>
  replaceDurably(path, `${JSON.stringify(checkpoint)}\n`);
