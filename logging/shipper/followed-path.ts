import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Checkpoint, FilePosition } from './checkpoint.ts';
import { type FileIdentity, isSame, LogFile } from './log-file.ts';
import type { Say } from './say.ts';

/** How long a file that was rotated away may still be written to: by whoever hasn't opened the new one yet. */
const lateWritesMs = 60_000;

interface Sibling extends FileIdentity {
  readonly path: string;
  readonly modified: bigint;
}

function look(path: string): Sibling | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile()
    ? { path, device: String(stats.dev), inode: String(stats.ino), modified: stats.mtimeNs }
    : undefined;
}

/** Whether a path is what another is rotated to: `api.log.1`, `api.log-20261121`. */
export const isRotationOf = (path: string, followed: string) =>
  path.startsWith(`${followed}.`) || path.startsWith(`${followed}-`);

/**
 * A log file under its name, with those that had the name before and aren't done with, oldest first. Throws the file
 * system's error.
 */
export class FollowedPath {
  readonly path: string;
  readonly #say: Say;
  #files: LogFile[] = [];

  /** @param checkpoint from which it goes on; undefined: from the start of the file */
  constructor(path: string, say: Say, checkpoint: Checkpoint | undefined) {
    this.path = path;
    this.#say = say;
    const positions = checkpoint?.files.filter((position) => position.path === path) ?? [];
    try {
      for (const position of positions) this.#resume(position);
      if (checkpoint && positions.length > 0)
        this.#openMissed(BigInt(Date.parse(checkpoint.savedAt)) * 1_000_000n);
    } catch (error) {
      // It will be tried again, and would leave them open each time.
      this.close();
      throw error;
    }
  }

  /** Oldest first. */
  get files(): readonly LogFile[] {
    return this.#files;
  }

  get isDone(): boolean {
    return this.#files.length === 0;
  }

  /** Notices rotation, truncation and new files, and forgets what is done with. */
  refresh(): void {
    for (const file of [...this.#files]) if (file.isTruncated()) this.#afterTruncation(file);
    const current = look(this.path);
    if (current && !this.#knows(current)) {
      if (this.#files.length > 0) this.#openMissed(undefined);
      this.#files.push(LogFile.open(this.path));
    }
    this.#forgetFinished(current);
  }

  positions(): FilePosition[] {
    return this.#files.map((file) => file.position(this.path));
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#files = [];
  }

  #knows(identity: FileIdentity): boolean {
    return this.#files.some((file) => isSame(file.identity, identity));
  }

  /** Files that the path was rotated to, oldest first. Compressed ones can't be read on. */
  #siblings(): Sibling[] {
    const folder = dirname(this.path);
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => isRotationOf(path, this.path) && !/\.(gz|zst|bz2|xz)$/.test(path))
      .flatMap((path) => look(path) ?? [])
      .sort((one, other) => Number(one.modified - other.modified));
  }

  #resume(position: FilePosition): void {
    const candidates = [look(this.path) ?? [], this.#siblings()].flat();
    const places = [
      ...candidates.filter((each) => isSame(each, position)),
      ...candidates.filter((each) => !isSame(each, position)),
    ];
    for (const place of places) {
      const file = LogFile.resume(place.path, position);
      if (!file) continue;
      this.#files.push(file);
      return;
    }
    this.#say(
      `${this.path} was followed to byte ${position.offset}, and neither it nor ${basename(this.path)}.* holds that ` +
        'any more: what was written between that and its removal or truncation, if anything, is lost.',
    );
  }

  /**
   * Files that had the name between two looks: those changed after the newest that is known.
   * @param otherwise the time that counts when that one is gone, in nanoseconds since 1970; undefined: none was missed
   */
  #openMissed(otherwise: bigint | undefined): void {
    const current = look(this.path);
    if (current && this.#knows(current)) return;
    const siblings = this.#siblings();
    const newest = this.#files.at(-1)?.identity;
    const since = siblings.find((each) => newest && isSame(each, newest))?.modified ?? otherwise;
    if (since === undefined) return;
    for (const { path, modified, ...identity } of siblings) {
      if (modified < since || this.#knows(identity)) continue;
      // A copy that somebody made isn't another file.
      if (this.#files.some((file) => file.isCopiedBy(path))) continue;
      this.#say(`${path} came and was rotated away between two looks; it is read as well.`);
      this.#files.push(LogFile.open(path));
    }
  }

  #afterTruncation(file: LogFile): void {
    const copy = this.#siblings()
      .reverse()
      .find((each) => !this.#knows(each) && file.isCopiedBy(each.path));
    if (copy) {
      file.moveTo(copy.path);
      return;
    }
    this.#say(
      `${this.path} was truncated after byte ${file.read} and there is no copy of it: what was written between the ` +
        'last look and that, if anything, is lost.',
    );
    this.#remove(file);
  }

  #forgetFinished(current: FileIdentity | undefined): void {
    for (const file of [...this.#files]) {
      if (current && isSame(file.identity, current)) continue;
      file.isComplete = file.isDeleted || performance.now() - file.changedAt > lateWritesMs;
      const isRead = file.read >= file.size && file.acknowledged >= file.read;
      if (isRead && file.isComplete) this.#remove(file);
    }
  }

  #remove(file: LogFile): void {
    file.close();
    this.#files = this.#files.filter((each) => each !== file);
  }
}
