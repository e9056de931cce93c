import { fstatSync, write, writeSync } from 'node:fs';

/** Bytes that wait when whoever reads the log doesn't, or the disk is full. Then whole lines are lost, and counted. */
const mostWaiting = 16 * 1024 * 1024;
const retryMs = 100;

/** A destination of log lines. */
export interface LogDestination {
  write(line: string): void;
  /** Resolves when all lines are written, or can't be for now. */
  flush(): Promise<void>;
  /** Writes what waits as far as it goes, at once: for a process that has no time left. */
  flushNow(): void;
}

/** What becomes of lines that can't be written. */
export interface LossListener {
  /** A write failed; it is tried again. */
  failed(error: NodeJS.ErrnoException): void;
  /** Writing works again, but so many lines were given up meanwhile. */
  lost(lines: number): void;
}

/**
 * Writes lines to a file descriptor: those of one turn of the event loop together, and never so that the service
 * waits for whoever reads them. To a file it writes synchronously, so that a killed process has lost nothing
 * but the turn it was in; a pipe may be full, so there another thread does the waiting.
 */
export function openLogDestination(
  descriptor: number,
  { failed, lost }: LossListener,
  limit = mostWaiting,
): LogDestination {
  const isFile = fstatSync(descriptor).isFile();
  let lines: string[] = [];
  let waiting = 0;
  /** What of earlier lines is not written yet. */
  let rest: Buffer | undefined;
  let givenUp = 0;
  let scheduled = false;
  let writing = false;
  let flushed: (() => void)[] = [];

  /** The bytes to write now, if any. */
  function next(): Buffer | undefined {
    if (!rest && lines.length > 0) {
      rest = Buffer.from(lines.join(''));
      lines = [];
      waiting = 0;
    }
    return rest;
  }

  function written(bytes: number): void {
    rest = rest && bytes < rest.length ? rest.subarray(bytes) : undefined;
    if (givenUp > 0 && !rest) {
      const count = givenUp;
      givenUp = 0;
      lost(count);
    }
  }

  function settle(): void {
    const resolvers = flushed;
    flushed = [];
    for (const resolve of resolvers) resolve();
  }

  function retryLater(error: NodeJS.ErrnoException): void {
    if (error.code !== 'EAGAIN') failed(error);
    settle();
    if (scheduled) return;
    scheduled = true;
    setTimeout(drain, retryMs).unref();
  }

  function drainFile(): void {
    try {
      for (let bytes = next(); bytes; bytes = next()) written(writeSync(descriptor, bytes));
      settle();
    } catch (error) {
      retryLater(error as NodeJS.ErrnoException);
    }
  }

  function drainPipe(): void {
    if (writing) return;
    const bytes = next();
    if (!bytes) {
      settle();
      return;
    }
    writing = true;
    write(descriptor, bytes, (error, count) => {
      writing = false;
      if (error) retryLater(error);
      else {
        written(count);
        drainPipe();
      }
    });
  }

  function drain(): void {
    scheduled = false;
    if (isFile) drainFile();
    else drainPipe();
  }

  return {
    write(line) {
      if (waiting + (rest?.length ?? 0) + line.length > limit) {
        givenUp += 1;
        return;
      }
      lines.push(line);
      waiting += line.length;
      if (scheduled || writing) return;
      scheduled = true;
      setImmediate(drain);
    },
    flush() {
      const { promise, resolve } = Promise.withResolvers<void>();
      flushed.push(resolve);
      drain();
      return promise;
    },
    flushNow() {
      // What another thread has in hand is not written twice.
      if (writing) rest = undefined;
      drainFile();
    },
  };
}
