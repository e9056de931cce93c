import { describe, expect, test } from '@jest/globals';
import { type Measure, measured, unchanged } from '../pieces.ts';

const mebibyte = 1024 ** 2;

async function* inChunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size)
    yield await Promise.resolve(bytes.subarray(start, start + size));
}

async function measureOf(bytes: Buffer): Promise<Measure> {
  const { chunks, measure } = measured(inChunksOf(bytes, 100_000));
  for await (const _ of chunks);
  return measure();
}

/** How much of it is passed on, and what then is said. */
async function passedOn(bytes: Buffer, measure: Measure): Promise<{ length: number; said: string }> {
  let length = 0;
  try {
    for await (const piece of unchanged(inChunksOf(bytes, 70_000), measure)) length += piece.length;
  } catch (error) {
    return { length, said: (error as Error).message };
  }
  return { length, said: '' };
}

describe('of a file of three pieces', () => {
  const bytes = Buffer.alloc(10 * mebibyte, 'written');
  const changedAt = (at: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  test.each([
    ['as it was written, all is passed on', bytes, 10, /^$/],
    ['changed in its first byte, nothing is', changedAt(0), 0, /from 0 on .* it was changed/],
    ['changed in its second piece, the first is', changedAt(4 * mebibyte), 4, /from 4194304 on/],
    ['changed in its last byte, two are', changedAt(bytes.length - 1), 8, /from 8388608 on/],
    ['truncated within a piece, those before are', bytes.subarray(0, 7 * mebibyte), 4, /is truncated/],
    ['truncated at the end of one, those before are', bytes.subarray(0, 8 * mebibyte), 8, /is truncated/],
    ['with more behind it, the last is not', Buffer.concat([bytes, bytes]), 8, /more than .* it was changed/],
    ['that is gone, nothing is', Buffer.alloc(0), 0, /It has 0 bytes .* is truncated/],
  ])('%s', async (_, stored, mebibytes, says) => {
    const { length, said } = await passedOn(stored, await measureOf(bytes));
    expect(length).toBe(mebibytes * mebibyte);
    expect(said).toMatch(says);
  });
});
