import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Bytes that wait when whoever reads the log doesn't, or the disk is full. Then whole lines are lost, and counted. */
const maxWaiting = 16 * 1024 * 1024;
/** Milliseconds until a write is tried again that failed, or found the pipe full and no new line since. */
const retryMs = { failed: 100, full: 5 };
/** Milliseconds that a process waits at its end for whoever reads its log. */
const longestFlushMs = 2000;

/** A destination of log lines. */
export interface LogDestination {
  write(line: string): void;
  /**
   * Waits at most two seconds until all lines are written; call it when nothing writes any more.
   * @returns the number of lines that could not be
   */
  flush(): Promise<number>;
  /** The same at once, standing still meanwhile: for a process that must not go on. */
  flushNow(): void;
}

/** Hears about lines that can't be written. */
export interface LossListener {
  /** A write failed; it is tried again. */
  failed(error: NodeJS.ErrnoException): void;
  /** Writing works again, but so many lines were given up meanwhile. */
  lost(lines: number): void;
  /** One of the two threw. */
  escaped(error: unknown): void;
}

/** Those that were made non-blocking: closed ones would close the descriptor. */
const nonBlocking: Socket[] = [];

/**
 * Has writes to a full pipe fail rather than wait. They could wait in another thread as well, but no process ends
 * before such a thread does. Node.js has no call for it: a socket made of the descriptor does it by the way.
 */
function neverWaitFor(descriptor: number): void {
  const kind = fstatSync(descriptor);
  if (!kind.isFIFO() && !kind.isSocket()) return;
  const socket = new Socket({ fd: descriptor, readable: false, writable: true });
  nonBlocking.push(socket.unref());
}

/**
 * Writes lines to a file descriptor: those of one turn of the event loop together, and never so that the service
 * waits for whoever reads them. It writes synchronously, so that a killed process has lost nothing but the turn it was
 * in and what a full pipe didn't take.
 */
export function openLogDestination(
  descriptor: number,
  { failed, lost, escaped }: LossListener,
  limit = maxWaiting,
): LogDestination {
  neverWaitFor(descriptor);
  let lines: string[] = [];
  let waiting = 0;
  /** The part of earlier lines that is not written yet. */
  let rest: Buffer | undefined;
  let givenUp = 0;
  let scheduled = false;
  let retry: NodeJS.Timeout | undefined;

  /** Called by timers and after writes, where nobody would catch. */
  function tell(news: () => void): void {
    try {
      news();
    } catch (error) {
      escaped(error);
    }
  }

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
      tell(() => lost(count));
    }
  }

  function drain(): void {
    scheduled = false;
    clearTimeout(retry);
    try {
      for (let bytes = next(); bytes; bytes = next()) written(writeSync(descriptor, bytes));
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
      if (!isFull) tell(() => failed(error as NodeJS.ErrnoException));
      retry = setTimeout(drain, isFull ? retryMs.full : retryMs.failed).unref();
    }
  }

  const isEmpty = () => !rest && lines.length === 0;

  /** How many lines wait, one of which only a part is written among them, or were given up unsaid. */
  function left(): number {
    let ends = 0;
    for (let at = rest?.indexOf('\n') ?? -1; at >= 0; at = rest?.indexOf('\n', at + 1) ?? -1) ends += 1;
    return ends + lines.length + givenUp;
  }

  return {
    write(line) {
      if (waiting + (rest?.length ?? 0) + line.length > limit) {
        givenUp += 1;
        return;
      }
      lines.push(line);
      waiting += line.length;
      if (scheduled) return;
      scheduled = true;
      setImmediate(drain);
    },
    async flush() {
      const end = performance.now() + longestFlushMs;
      for (drain(); !isEmpty() && performance.now() < end; drain()) await delay(retryMs.full);
      return left();
    },
    flushNow() {
      const end = performance.now() + longestFlushMs;
      const clock = new Int32Array(new SharedArrayBuffer(4));
      for (drain(); !isEmpty() && performance.now() < end; drain()) Atomics.wait(clock, 0, 0, retryMs.full);
    },
  };
}
