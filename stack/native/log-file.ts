import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

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
    const text = read(file, start, end);
    return { text: text.trimEnd().split('\n').slice(-lines).join('\n'), end };
  } finally {
    closeSync(file);
  }
}

/** What a log holds from an offset on, up to its last complete line. A log that was replaced is read from its start. */
export function readFrom(path: string, offset: number): { text: string; end: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined || size === offset) return { text: '', end: size === undefined ? 0 : offset };
  const file = openSync(path, 'r');
  try {
    const start = size < offset ? 0 : offset;
    const text = read(file, start, size);
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    return { text: complete, end: start + Buffer.byteLength(complete) };
  } finally {
    closeSync(file);
  }
}

function read(file: number, start: number, end: number): string {
  const buffer = Buffer.alloc(end - start);
  return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, start)).toString();
}
