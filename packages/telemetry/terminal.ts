/** Shows text from outside in a terminal. */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { visible } from './visible.ts';

/** Each line of a text, made visible, behind a prefix. */
export const prefixed = (text: string, prefix: string): string =>
  `${prefix}${visible(text).replaceAll('\n', () => `\n${prefix}`)}`;

/**
 * Writes what a program prints, made visible; null is of one that writes there itself. Rejects, and reads no further,
 * when nobody takes it any more.
 */
export async function show(output: Readable | null, terminal: Writable): Promise<void> {
  if (output === null) return;
  await pipeline(
    output.setEncoding('utf8'),
    async function* (texts: AsyncIterable<string>) {
      for await (const text of texts) yield visible(text);
    },
    terminal,
    { end: false },
  );
}

/** A table for a terminal: columns as wide as their widest cell. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
