/** Backups in a folder: a volume, or a file system of the network. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../outcome.ts';
import { reasonOf } from '../reason.ts';
import type { Storage } from './storage.ts';

/** Age of a killed writer's leftover, which is no backup, at which a later writer removes it. */
const leftoverMs = 24 * 60 * 60_000;
const isPartial = (name: string) => name.startsWith('.partial-');

const sentences: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `${path} is not there. Is the volume mounted?`,
  ENOTDIR: (path) => `${path} is no folder. Is the volume mounted?`,
  ENOSPC: (path) => `There is no room left in ${path}. What is there was kept; make room, or keep fewer.`,
  EDQUOT: (path) => `The quota of ${path} is used up. What is there was kept; make room, or keep fewer.`,
  EACCES: (path) => `${path} can't be used by this user.`,
  EROFS: (path) => `${path} is read-only.`,
};

/** The file system's error as a sentence; another error as it is. */
function storageError(path: string, error: unknown): unknown {
  if (!(typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error)) return error;
  const sentence = sentences[String(error.code)]?.(path) ?? `${path} can't be used: ${reasonOf(error)}`;
  return new StorageError(sentence, { cause: error });
}

async function writeAll(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  interrupted: AbortSignal,
): Promise<void> {
  for await (const chunk of chunks) {
    interrupted.throwIfAborted();
    for (let written = 0; written < chunk.length; )
      written += (await file.write(chunk, written, chunk.length - written)).bytesWritten;
  }
  // A backup that is in no memory but the machine's is none.
  await file.sync();
}

async function removeLeftovers(path: string): Promise<void> {
  for (const name of (await readdir(path)).filter(isPartial)) {
    const { mtimeMs } = await stat(join(path, name));
    if (Date.now() - mtimeMs > leftoverMs) await rm(join(path, name), { force: true });
  }
}

/** @param path of the folder, which has to be there: a volume that isn't mounted is no place for a backup */
export function folderStorage(path: string, interrupted: AbortSignal): Storage {
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw storageError(path, error);
    }
  };
  return {
    name: path,
    list: () => guarded(async () => (await readdir(path)).filter((name) => !isPartial(name))),
    async *read(name) {
      try {
        for await (const chunk of createReadStream(join(path, name), { signal: interrupted }))
          yield chunk as Buffer;
      } catch (error) {
        throw storageError(join(path, name), error);
      }
    },
    write: (name, chunks) =>
      guarded(async () => {
        await removeLeftovers(path);
        const temporary = join(path, `.partial-${randomBytes(6).toString('hex')}`);
        try {
          await using file = await open(temporary, 'wx', 0o600);
          await writeAll(file, chunks, interrupted);
          await rename(temporary, join(path, name));
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
        // The new name, too, has to outlive the machine.
        await using folder = await open(path);
        await folder.sync();
      }),
    remove: (name) => guarded(() => rm(join(path, name), { force: true })),
  };
}
