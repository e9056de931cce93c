import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { FilePosition } from './checkpoint.ts';
import type { RawLine } from './document.ts';

const newline = 10;
/** Enough to tell two log files apart: their first lines bear a time and an id. */
const headLength = 512;
const minChunk = 64 * 1024;

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Which file of the system this is, whatever it is called. */
export interface FileIdentity {
  readonly device: string;
  readonly inode: string;
}

export const isSame = (one: FileIdentity, other: FileIdentity) =>
  one.device === other.device && one.inode === other.inode;

/** A line of a file. */
export interface FileLine extends RawLine {
  readonly start: number;
  /** Bytes that it takes in a batch. */
  readonly bytes: number;
}

interface OpenFile extends FileIdentity {
  readonly descriptor: number;
}

function openFile(path: string): OpenFile {
  const descriptor = openSync(path, 'r');
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return { descriptor, device: String(dev), inode: String(ino) };
}

function readAt(
  descriptor: number,
  start: number,
  length: number,
  into = Buffer.allocUnsafe(length),
): Buffer {
  return into.subarray(0, readSync(descriptor, into, 0, length, start));
}

/** Where lines are read to before they become strings: one for all files, since each read is done with at once. */
let scratch = Buffer.alloc(0);

function readChunk(descriptor: number, start: number, length: number): Buffer {
  if (scratch.length < length) scratch = Buffer.allocUnsafe(length);
  return readAt(descriptor, start, length, scratch);
}

/**
 * An open log file and how far it was read, sent and acknowledged, in bytes. It stays the same when the file is renamed
 * or deleted. All methods throw the file system's error.
 */
export class LogFile {
  readonly contentId: string;
  /** Lines before this were read. */
  read = 0;
  /** Lines before this may have been sent, in this life of the shipper or in the last. */
  sent = 0;
  /** Lines before this are done with. */
  acknowledged = 0;
  /** Whether nobody writes to it any more, so that its end is the end of its last line. */
  isComplete = false;
  /** In performance.now()'s milliseconds. */
  changedAt = performance.now();
  #file: OpenFile;
  #head: Buffer;
  /** How far a line that is too long was searched for its end. */
  #searched = 0;
  #modified = 0n;

  private constructor(file: OpenFile, head: Buffer, contentId: string) {
    this.#file = file;
    this.#head = head;
    this.contentId = contentId;
  }

  /** Opens a file that is to be read from its start. */
  static open(path: string): LogFile {
    return new LogFile(openFile(path), Buffer.alloc(0), randomUUID());
  }

  /** Opens a file where it was left; undefined when it holds something else by now. */
  static resume(path: string, position: FilePosition): LogFile | undefined {
    const file = openFile(path);
    const head = readAt(file.descriptor, 0, position.headBytes);
    const size = fstatSync(file.descriptor).size;
    const isKnown = position.headBytes > 0 || isSame(file, position);
    if (!isKnown || sha256(head) !== position.headSha256 || size < position.offset) {
      closeSync(file.descriptor);
      return undefined;
    }
    const resumed = new LogFile(file, head, position.contentId);
    resumed.read = position.offset;
    resumed.acknowledged = position.offset;
    resumed.sent = position.sent;
    return resumed;
  }

  get identity(): FileIdentity {
    return this.#file;
  }

  get size(): number {
    return fstatSync(this.#file.descriptor).size;
  }

  get isDeleted(): boolean {
    return fstatSync(this.#file.descriptor).nlink === 0;
  }

  /** Whether another file begins with what this one begins with: a copy of it. */
  isCopiedBy(path: string): boolean {
    if (this.#head.length === 0) return false;
    const other = openFile(path);
    try {
      return this.#beginsLike(other.descriptor);
    } finally {
      closeSync(other.descriptor);
    }
  }

  /** Goes on in a copy of what the file held until it was truncated. */
  moveTo(path: string): void {
    const copy = openFile(path);
    closeSync(this.#file.descriptor);
    this.#file = copy;
    this.#modified = 0n;
  }

  /** Whether it no longer holds what was read from it. */
  isTruncated(): boolean {
    const { size, mtimeNs } = fstatSync(this.#file.descriptor, { bigint: true });
    if (size < this.read) return true;
    if (mtimeNs === this.#modified) return false;
    this.#modified = mtimeNs;
    this.changedAt = performance.now();
    return !this.#beginsLike(this.#file.descriptor);
  }

  /**
   * The next complete lines, as far as they fit. A line without its newline yet is left for later.
   * @param longestLine in bytes; what is over that is cut off
   */
  readLines(max: { lines: number; bytes: number }, longestLine: number): FileLine[] {
    const lines: FileLine[] = [];
    const before = this.read;
    let room = max.bytes;
    while (lines.length < max.lines && room > 0) {
      const chunk = readChunk(this.#file.descriptor, this.read, Math.max(minChunk, longestLine + 1));
      // Looked at after reading: had it been truncated before, this would show it, whatever was written since.
      if (!this.#beginsLike(this.#file.descriptor)) {
        this.#modified = 0n;
        break;
      }
      const found = this.#split(chunk, { lines: max.lines - lines.length, bytes: room }, longestLine);
      if (found.length === 0) break;
      lines.push(...found);
      room -= found.reduce((sum, { bytes }) => sum + bytes, 0);
      this.#lengthenHead();
      if (chunk.length < minChunk && this.read >= this.size) break;
    }
    // Empty lines are done with as soon as those before them are.
    if (lines.length === 0 && this.acknowledged === before) this.acknowledged = this.read;
    return lines;
  }

  position(path: string): FilePosition {
    return {
      path,
      device: this.#file.device,
      inode: this.#file.inode,
      contentId: this.contentId,
      headBytes: this.#head.length,
      headSha256: sha256(this.#head),
      offset: this.acknowledged,
      sent: Math.max(this.sent, this.acknowledged),
    };
  }

  close(): void {
    closeSync(this.#file.descriptor);
  }

  #beginsLike(descriptor: number): boolean {
    return readAt(descriptor, 0, this.#head.length).equals(this.#head);
  }

  #lengthenHead(): void {
    if (this.#head.length >= headLength) return;
    const head = readAt(this.#file.descriptor, 0, Math.min(headLength, this.read));
    if (head.subarray(0, this.#head.length).equals(this.#head)) this.#head = head;
  }

  #split(chunk: Buffer, max: { lines: number; bytes: number }, longestLine: number): FileLine[] {
    const lines: FileLine[] = [];
    const base = this.read;
    let at = 0;
    let room = max.bytes;
    while (lines.length < max.lines) {
      const end = chunk.indexOf(newline, at);
      if (end === -1) break;
      const bytes = Math.min(end - at, longestLine);
      // At least one line, or a batch smaller than it would wait for ever.
      if (bytes > room) break;
      room -= bytes + 1;
      if (end > at) lines.push(this.#line(chunk.subarray(at, end), base + at, base + end + 1, longestLine));
      at = end + 1;
      this.read = base + at;
    }
    if (lines.length > 0 || at > 0) return lines;
    if (chunk.length > longestLine) return this.#readLongLine(chunk, longestLine, room);
    return this.isComplete && chunk.length > 0 && chunk.length <= room ? [this.#readRest(chunk)] : [];
  }

  #readRest(chunk: Buffer): FileLine {
    const start = this.read;
    this.read += chunk.length;
    return this.#line(chunk, start, this.read + 1, chunk.length);
  }

  /** A line that goes on behind the chunk, if its end is written and it fits. */
  #readLongLine(chunk: Buffer, longestLine: number, room: number): FileLine[] {
    if (longestLine > room || chunk.indexOf(newline) !== -1) return [];
    const start = this.read;
    let searched = Math.max(this.#searched, start + chunk.length);
    for (;;) {
      const further = readAt(this.#file.descriptor, searched, minChunk);
      const end = further.indexOf(newline);
      if (end !== -1 || (further.length === 0 && this.isComplete)) {
        this.read = end === -1 ? searched : searched + end + 1;
        return [this.#line(chunk, start, searched + Math.max(end, 0) + 1, longestLine)];
      }
      searched += further.length;
      this.#searched = searched;
      if (further.length === 0) return [];
    }
  }

  #line(content: Buffer, start: number, end: number, longestLine: number): FileLine {
    const fallbackId = `${this.contentId}-${start}`;
    const length = end - start - 1;
    if (length <= longestLine) return { text: content.toString(), fallbackId, start, bytes: length + 1 };
    // A character that the cut goes through decodes to U+FFFD.
    const text = content
      .subarray(0, longestLine)
      .toString()
      .replace(/\uFFFD$/, '');
    return { text, cutBytes: length, fallbackId, start, bytes: longestLine };
  }
}
