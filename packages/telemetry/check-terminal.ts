/** The output of `make verify`: a line a check, as it goes. */
import { visible, visibleInLine } from './visible.ts';

export interface Terminal {
  /** A line that is over written by the next. Only on a terminal. */
  live(text: string): void;
  line(mark: 'ok' | 'FAILED' | 'skipped', text: string): void;
  text(text: string): void;
}

const colours = { ok: 32, FAILED: 31, skipped: 33 } as const;
const clearLine = '\r\u001B[2K';

/** @param environment NO_COLOR turns colours off */
export function terminalOn(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Terminal {
  const isTerminal = stream.isTTY === true;
  const coloured = (text: string, code: number) =>
    isTerminal && !environment['NO_COLOR'] ? `\u001B[${code}m${text}\u001B[0m` : text;
  const write = (text: string) => stream.write(`${isTerminal ? clearLine : ''}${text}\n`);
  return {
    live(text) {
      if (isTerminal) stream.write(`${clearLine}${visibleInLine(text).slice(0, (stream.columns || 80) - 1)}`);
    },
    line: (mark, text) => write(`${coloured(mark.padEnd(8), colours[mark])} ${visible(text)}`),
    text: (text) => write(visible(text)),
  };
}
