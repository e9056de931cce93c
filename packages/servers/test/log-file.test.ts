import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { randomOf } from '@sightline/testkit/fast-random.ts';
import { separators } from '@sightline/testkit/hostile-lines.ts';
import { readFrom, tail } from '../log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-log-file-'));
const log = join(folder, 'a.log');
afterAll(() => rmSync(folder, { recursive: true }));

/** Characters in UTF-8, and bytes that are none. */
const pieces = [...separators, 'a', 'ß', '漢', '🙂'].map((text) => Buffer.from(text));
const bad = [Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xe2, 0x80])];

test.each(Array.from({ length: 50 }, (_, seed) => seed))(
  'what is added to a log is read once and whole, wherever the writes end, seed %i',
  (seed) => {
    const random = randomOf(seed);
    const all = [...pieces, ...bad, Buffer.from('\n')];
    writeFileSync(log, '');
    let end = 0;
    let read = '';
    for (let write = 0; write < 40; write += 1) {
      const piece = all[random.below(all.length)] ?? Buffer.alloc(0);
      // Also in the middle of a character.
      const cut = random.below(piece.length);
      for (const part of [piece.subarray(0, cut), piece.subarray(cut)]) {
        appendFileSync(log, part);
        const more = readFrom(log, end);
        end = more.end;
        read += more.text;
      }
    }
    appendFileSync(log, '\n');
    expect(read + readFrom(log, end).text).toBe(readFileSync(log, 'utf8'));
  },
);

test('the last lines of a long log begin with a whole one', () => {
  const line = '\u2028漢🙂'.repeat(30);
  writeFileSync(log, `${line}\n`.repeat(1000));
  const { text } = tail(log, 1000);
  expect(new Set(text.split('\n'))).toEqual(new Set([line]));
});
