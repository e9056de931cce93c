import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

const newline = 10;
const largestBytes = 50 * 1024 * 1024;

/** Opens a log for appending, readable by the owner only; one above 50 MB becomes `<path>.1` first. The caller closes it. */
export function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > largestBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, and the byte offset after them; nothing when there is no such file. */
export function tail(path: string, lines: number): { text: string; end: number } {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return { text: '', end: 0 };
  const file = openSync(path, 'r');
  try {
    const end = fstatSync(file).size;
    const start = Math.max(0, end - 64 * 1024);
    const bytes = read(file, start, end);
    // In the middle of a log the first line, and its first character, may be cut.
    const text = bytes.subarray(start === 0 ? 0 : bytes.indexOf(newline) + 1).toString();
    return { text: text.trimEnd().split('\n').slice(-lines).join('\n'), end };
  } finally {
    closeSync(file);
  }
}

/**
 * Reads a log from an offset on, up to its last complete line. A log that was replaced is read from its
 * start.
 */
export function readFrom(path: string, offset: number): { text: string; end: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined || size === offset) return { text: '', end: size === undefined ? 0 : offset };
  const file = openSync(path, 'r');
  try {
    const start = size < offset ? 0 : offset;
    const bytes = read(file, start, size);
    // In bytes: what isn't UTF-8 has another length as text.
    const length = bytes.lastIndexOf(newline) + 1;
    return { text: bytes.subarray(0, length).toString(), end: start + length };
  } finally {
    closeSync(file);
  }
}

function read(file: number, start: number, end: number): Buffer {
  const buffer = Buffer.alloc(end - start);
  return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, start));
}
