import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { linesOf } from '@sightline/telemetry/lines.ts';
import { syncFolder } from './durable.ts';

/** A line that Elasticsearch refused for good. */
export interface DeadLetter {
  /** When it was refused, ISO 8601. */
  readonly time: string;
  readonly reason: string;
  /** `_id` of its document. */
  readonly id: string;
  /** The document as it was sent. */
  readonly line: string;
}

export const deadLettersIn = (stateDirectory: string) => join(stateDirectory, 'dead-letters.jsonl');

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await stat(path, { bigint: true })).ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Appends to a file of JSON lines, for good: when it resolves a power cut loses none. Throws the file system's error. */
export const addDeadLetters = (path: string, letters: readonly DeadLetter[]): Promise<void> =>
  append(path, letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));

/** Keeps lines that are no dead letters in a file beside, and returns its path. Throws the file system's error. */
export async function keepUnreadable(path: string, lines: readonly string[]): Promise<string> {
  const beside = `${path}.unreadable`;
  await append(beside, lines.map((line) => `${line}\n`).join(''));
  return beside;
}

async function append(path: string, text: string): Promise<void> {
  for (;;) {
    const file = await open(path, 'a+', 0o600);
    let inode: bigint;
    try {
      const { size, ino } = await file.stat({ bigint: true });
      inode = ino;
      const last = size === 0n ? '\n' : await lastByte(file, Number(size) - 1);
      // What a crash or a full disk cut off stays a line of its own.
      await file.appendFile(last === '\n' ? text : `\n${text}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(path));
    // Replaying renames the file, and may have read it before these were added.
    if ((await inodeOf(path)) === inode) return;
  }
}

async function lastByte(file: Awaited<ReturnType<typeof open>>, position: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, position);
  return buffer.toString('latin1', 0, bytesRead);
}

/** Puts the file aside for replaying; undefined when there is nothing to replay. Throws the file system's error. */
export async function claimDeadLetters(path: string): Promise<string | undefined> {
  const claimed = `${path}.replaying`;
  // One that is there already is of a replay that didn't come to its end.
  if ((await inodeOf(claimed)) !== undefined) return claimed;
  if ((await inodeOf(path)) === undefined) return undefined;
  await rename(path, claimed);
  await syncFolder(dirname(path));
  return claimed;
}

/**
 * Each dead letter of a file once.
 * @param unreadable is given the lines that are none: one that a crash cut off, and was added again by the next start
 */
export async function* readDeadLetters(
  path: string,
  unreadable: (line: string) => void,
): AsyncGenerator<DeadLetter> {
  const file = await open(path, 'r');
  const seen = new Set<string>();
  try {
    for await (const line of linesOf(file.createReadStream({ autoClose: false }))) {
      const letter = parse(line);
      if (letter === undefined && line !== '') unreadable(line);
      if (letter === undefined || seen.has(letter.id)) continue;
      seen.add(letter.id);
      yield letter;
    }
  } finally {
    await file.close();
  }
}

function parse(line: string): DeadLetter | undefined {
  try {
    const value = JSON.parse(line) as Partial<DeadLetter> | null;
    return typeof value?.id === 'string' && typeof value.line === 'string'
      ? (value as DeadLetter)
      : undefined;
  } catch {
    return undefined;
  }
}

/** After a replay. Throws the file system's error. */
export async function removeDeadLetters(path: string): Promise<void> {
  await rm(path);
  await syncFolder(dirname(path));
}
