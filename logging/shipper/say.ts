import { visibleInLine } from '@sightline/telemetry/visible.ts';

/** The shipper's own log, on stderr: it must not ship itself. One sentence a line. */
export interface Say {
  (sentence: string): void;
  /** Says what is wrong with something, once until it changes. */
  wrong(what: string, sentence: string): void;
  /** Says that it is right again, if it was wrong. */
  right(what: string, sentence: string): void;
}

export function sayTo(write: (line: string) => void): Say {
  const wrongs = new Map<string, string>();
  const say = (sentence: string) =>
    write(`${new Date().toISOString()} ${visibleInLine(sentence.replaceAll('\n', ' '))}\n`);
  return Object.assign(say, {
    wrong(what: string, sentence: string) {
      if (wrongs.get(what) === sentence) return;
      wrongs.set(what, sentence);
      say(sentence);
    },
    right(what: string, sentence: string) {
      if (wrongs.delete(what)) say(sentence);
    },
  });
}

/** The reason of anything thrown, in words; of a system error also its code. */
export const reasonOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
