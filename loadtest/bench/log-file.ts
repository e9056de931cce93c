import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file that takes the output of a process. */
export interface LogFile {
  readonly descriptor: number;
  /** The last bytes that it holds, so many at most. */
  end(bytes: number): string;
  /** A log under load grows by a gigabyte in minutes. */
  empty(): void;
  close(): void;
}

/** Opens a file without a name: the disk has it back once nobody has it open, however its users ended. */
export function openLogFile(): LogFile {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'));
  const descriptor = openSync(join(folder, 'log'), 'a+');
  rmSync(folder, { recursive: true });
  return {
    descriptor,
    end(bytes) {
      const { size } = fstatSync(descriptor);
      const part = Buffer.alloc(Math.min(bytes, size));
      const read = readSync(descriptor, part, 0, part.length, size - part.length);
      return part.toString('utf8', 0, read);
    },
    empty: () => ftruncateSync(descriptor),
    close: () => closeSync(descriptor),
  };
}
