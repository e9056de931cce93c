/** How long each test file took, as jest's environment notes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A variable that names the folder for the notes; nothing is noted without it. */
export const timesVariable = 'TEST_TIMES';

export interface TestFileTime {
  /** From the root of the checkout. */
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The time of the worker and of what the file started and waited for, not of servers that all files share. */
  readonly processorSeconds: number;
}

/** The notes of all workers, from the first file that started to the last. */
export function readTestTimes(folder: string): readonly TestFileTime[] {
  return readdirSync(folder)
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestFileTime)
    .toSorted((one, other) => one.startedAt - other.startedAt);
}

const seconds = ({ startedAt, endedAt }: TestFileTime) => (endedAt - startedAt) / 1000;
const roomOf = (path: string) => /^(packages\/)?[^/]+/.exec(path)?.[0] ?? path;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** A line a room, the longest first: files, the time that they took one after the other, their share, and cores. */
export function roomTable(times: readonly TestFileTime[]): readonly string[] {
  const all = sum(times.map(seconds));
  const rooms = [...Map.groupBy(times, ({ path }) => roomOf(path))].map(([room, files]) => ({
    room,
    files: files.length,
    seconds: sum(files.map(seconds)),
    busy: sum(files.map(({ processorSeconds }) => processorSeconds)),
  }));
  const width = Math.max(...rooms.map(({ room }) => room.length), 4);
  return [
    `${'room'.padEnd(width)}  files  seconds  share  cores`,
    ...rooms
      .toSorted((one, other) => other.seconds - one.seconds)
      .map((one) =>
        [
          one.room.padEnd(width),
          String(one.files).padStart(6),
          one.seconds.toFixed(0).padStart(8),
          `${((one.seconds / all) * 100).toFixed(0)} %`.padStart(6),
          (one.busy / one.seconds).toFixed(2).padStart(6),
        ].join(' '),
      ),
  ];
}
