import { setTimeout as delay } from 'node:timers/promises';

/** Characters of the lines that wait; further lines are left out of the copy, and counted. */
const maxWaiting = 8 * 1024 * 1024;
/** Lines that are sent together. */
const maxTogether = 500;
/** Milliseconds that a line waits for others to be sent with it. */
const gatherMs = 200;
/** Milliseconds between two attempts to send lines. */
const retryMs = 1000;
/** Milliseconds that a process waits at its end for the last lines to be taken. */
const longestCloseMs = 1000;

/** A second place for log lines, which may lack some. Nothing waits for it. */
export interface LogCopy {
  write(line: string): void;
  /**
   * Sends what is left, for a second at most; nothing is sent afterwards.
   * @returns the number of lines that are not there and were not told of
   */
  close(): Promise<number>;
}

/** Hears about the fate of a copy. */
export interface CopyListener {
  /** Lines were not taken; told once until they are again. */
  failed(error: unknown): void;
  recovered(): void;
  /** So many lines, since it was last told, will never be there. */
  incomplete(lines: number): void;
  /** One of the others threw. */
  escaped(error: unknown): void;
}

/** Where a copy goes. */
export interface CopyReceiver {
  /**
   * Sends lines; sent twice, they are there once.
   * @returns an error for each line that will never be taken
   * @throws when it may be worth another attempt with all of them
   */
  send(lines: readonly string[]): Promise<readonly Error[]>;
  /** Ends what is still being sent. */
  close(): void;
}

/** Copies lines to a receiver: in their order, one batch at a time, each until it is taken. */
export function openLogCopy(
  receiver: CopyReceiver,
  { failed, recovered, incomplete, escaped }: CopyListener,
): LogCopy {
  let lines: string[] = [];
  let waiting = 0;
  let missing = 0;
  let isFailing = false;
  let isClosing = false;
  let isClosed = false;
  let working: Promise<void> | undefined;

  /** Nobody waits for the work here, nor would catch. */
  function tell(news: () => void): void {
    try {
      news();
    } catch (error) {
      escaped(error);
    }
  }

  function fail(error: unknown): void {
    if (!isFailing && !isClosed) tell(() => failed(error));
    isFailing = true;
  }

  function succeed(): void {
    if (isFailing) tell(recovered);
    isFailing = false;
    const lost = missing;
    missing = 0;
    if (lost > 0) tell(() => incomplete(lost));
  }

  /** @returns whether they were taken, as far as they ever will be */
  async function attempt(batch: readonly string[]): Promise<boolean> {
    try {
      const refused = await receiver.send(batch);
      missing += refused.length;
      if (refused.length > 0) fail(refused[0]);
      else succeed();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  async function work(): Promise<void> {
    while (lines.length > 0) {
      if (!isClosing && (isFailing || lines.length < maxTogether))
        await delay(isFailing ? retryMs : gatherMs, undefined, { ref: false });
      const batch = lines.slice(0, maxTogether);
      if (await attempt(batch)) {
        lines = lines.slice(batch.length);
        waiting -= batch.reduce((size, line) => size + line.length, 0);
      } else if (isClosing) return;
    }
    working = undefined;
  }

  return {
    write(line) {
      if (isClosing || waiting + line.length > maxWaiting) {
        missing += 1;
        return;
      }
      lines.push(line);
      waiting += line.length;
      working ??= work();
    },
    async close() {
      isClosing = true;
      await Promise.race([working, delay(longestCloseMs)]);
      isClosed = true;
      receiver.close();
      return lines.length + missing;
    },
  };
}
