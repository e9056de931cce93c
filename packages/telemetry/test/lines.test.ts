import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { type Random, randomOf } from '@sightline/testkit/fast-random.ts';
import { separators } from '@sightline/testkit/hostile-lines.ts';
import { firstLine, linesOf } from '../lines.ts';

const pieces = [...separators, 'a', 'ß', '漢', '🙂', '"', '\\', ' ', '\t'];
const newline = Buffer.from('\n');

/** The same bytes in chunks of any length, a character cut in two among them. */
function* chunked(bytes: Buffer, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + random.below(7);
    yield bytes.subarray(at, end);
    at = end;
  }
}

async function collect(chunks: Iterable<Uint8Array>, longest?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(chunks), longest)) lines.push(line);
  return lines;
}

describe('Lines end at LF and nowhere else', () => {
  test.each(Array.from({ length: 300 }, (_, seed) => seed))('whatever is in them, seed %i', async (seed) => {
    const random = randomOf(seed);
    const lines = Array.from({ length: random.below(8) }, () =>
      Array.from({ length: random.below(12) }, () => pieces[random.below(pieces.length)]).join(''),
    );
    const isEnded = random.chance(0.5);
    const bytes = Buffer.from(`${lines.join('\n')}${isEnded && lines.length > 0 ? '\n' : ''}`);
    // A last line that is empty is none.
    const wanted = !isEnded && lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    expect(await collect(chunked(bytes, random))).toEqual(wanted);
  });

  test('bytes that are no UTF-8 become U+FFFD in their own line', async () => {
    const bad = Buffer.from([0xff, 0xc3, 0xe2, 0x80]);
    expect(await collect([bad, newline, Buffer.from([0xe2]), Buffer.from([0x80, 0xa8]), newline])).toEqual([
      bad.toString(),
      '\u2028',
    ]);
  });

  test('long lines arrive whole', async () => {
    const long = '\u2028é'.repeat(200_000);
    const bytes = Buffer.from(`${long}\n${long}`);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_537) }, (_, index) =>
      bytes.subarray(index * 65_537, (index + 1) * 65_537),
    );
    expect(bytes.length).toBeGreaterThan(2 ** 20);
    expect((await collect(chunks)).map((line) => line === long)).toEqual([true, true]);
  });

  test('a line that is too long is an error, however it comes', async () => {
    const over = Buffer.from('12345678901');
    for (const chunks of [[over], [over.subarray(0, 6), over.subarray(6), newline]])
      await expect(collect([Buffer.from('1234567890\n'), ...chunks], 10)).rejects.toThrow(
        'Line 2 is longer than 10 bytes.',
      );
  });
});

describe('The first line', () => {
  test('is read alone, and the rest is thrown away', async () => {
    const stream = Readable.from([Buffer.from('\u2028a\nb\n'), Buffer.from('c')]);
    expect(await firstLine(stream)).toBe('\u2028a');
    await new Promise((resolve) => stream.once('end', resolve));
  });

  test('may lack its end, or be missing', async () => {
    expect(await firstLine(Readable.from([Buffer.from('a')]))).toBe('a');
    expect(await firstLine(Readable.from([]))).toBeUndefined();
  });
});
