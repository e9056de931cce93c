import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readTestTimes, roomTable, type TestFileTime } from '../../timeline/test-times.ts';

const time = (path: string, startedAt: number, seconds: number, processorSeconds: number): TestFileTime => ({
  path,
  startedAt,
  endedAt: startedAt + seconds * 1000,
  processorSeconds,
});

test('the notes of all workers are read, in the order of their starts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-times-test-'));
  try {
    const [first, second, third] = [time('a', 1, 1, 1), time('b', 2, 1, 1), time('c', 3, 1, 1)];
    writeFileSync(join(folder, '1.jsonl'), `${JSON.stringify(first)}\n${JSON.stringify(third)}\n`);
    writeFileSync(join(folder, '2.jsonl'), `${JSON.stringify(second)}\n`);
    expect(readTestTimes(folder)).toEqual([first, second, third]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a room has the time of its files, its share of all, and the cores that they kept busy', () => {
  const times = [
    time('app/test/a.test.ts', 0, 10, 5),
    time('app/test/deep/b.test.ts', 0, 20, 10),
    time('packages/servers/test/c.test.ts', 0, 90, 9),
  ];
  expect(roomTable(times).map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['room', 'files', 'seconds', 'share', 'cores'],
    ['packages/servers', '1', '90', '75 %', '0.10'],
    ['app', '2', '30', '25 %', '0.50'],
  ]);
});
