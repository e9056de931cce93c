import { describe, expect, test } from '@jest/globals';
import { backupsAmong } from '../manifest.ts';
import { type Retention, superfluous } from '../retention.ts';
import { BackupFixture, describeWithPgDump } from './support/backups.ts';

const hourMs = 3_600_000;
/** A Sunday. */
const newest = Date.UTC(2026, 10, 22, 12);
/** Names of backups that are so many hours old, the newest first. */
const aged = (...hours: readonly number[]) =>
  hours.map((hour) => {
    const time = new Date(newest - hour * hourMs).toISOString();
    return `${time.replaceAll(/[-:.]/g, '')}-0000`;
  });
const range = (count: number, step: number) => Array.from({ length: count }, (_, index) => index * step);

describe('of the backups', () => {
  const cases: readonly {
    name: string;
    ids: readonly string[];
    retention: Retention;
    proven?: string;
    kept: readonly string[];
  }[] = [
    { name: 'none', ids: [], retention: { last: 3, daily: 0, weekly: 0 }, kept: [] },
    {
      name: 'the last few',
      ids: aged(0, 1, 2, 3, 4),
      retention: { last: 3, daily: 0, weekly: 0 },
      kept: aged(0, 1, 2),
    },
    {
      name: 'the newest, even if nothing is to be kept',
      ids: aged(100, 101),
      retention: { last: 0, daily: 0, weekly: 0 },
      kept: aged(100),
    },
    {
      name: 'the last of each day',
      ids: aged(...range(72, 1)),
      retention: { last: 1, daily: 3, weekly: 0 },
      kept: aged(0, 13, 37),
    },
    {
      name: 'the last of each day that has one, however long ago: a pause removes nothing',
      ids: aged(0, 1, 1000, 1001, 2000),
      retention: { last: 1, daily: 3, weekly: 0 },
      kept: aged(0, 1000, 2000),
    },
    {
      name: 'the last of each week, which begins on Monday',
      ids: aged(...range(30, 24)),
      retention: { last: 1, daily: 0, weekly: 4 },
      kept: aged(0, 7 * 24, 14 * 24, 21 * 24),
    },
    {
      name: 'one that was proven by a restore drill, old as it is',
      ids: aged(0, 1, 500, 501),
      retention: { last: 2, daily: 0, weekly: 0 },
      proven: aged(501)[0] ?? '',
      kept: aged(0, 1, 501),
    },
  ];
  test.each(cases)('retention keeps $name', ({ ids, retention, proven, kept }) => {
    const gone = superfluous(ids, retention, [proven]);
    expect(ids.filter((id) => !gone.includes(id))).toEqual(kept);
  });

  test('only those count that have both their files, and a name that is theirs', () => {
    const [whole = '', unfinished = '', orphan = ''] = aged(0, 1, 2);
    const files = [
      `${whole}.json`,
      `${whole}.dump.age`,
      `${unfinished}.dump.age`,
      `${orphan}.json`,
      'restore-drill.json',
      'notes.json',
      'notes.dump.age',
    ];
    expect(backupsAmong(files)).toEqual([whole]);
  });
});

await describeWithPgDump('after a backup', (programs) => {
  test('those go that need not be kept, and never before it succeeded', async () => {
    await using fixture = await BackupFixture.make(programs);
    const first = await fixture.backUp();
    const second = await fixture.backUp({ BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0' });
    expect(await fixture.backups()).toHaveLength(2);

    const keepOne = { BACKUP_KEEP_LAST: '1', BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0' };
    const failed = await fixture.run('backup.ts', { ...keepOne, POSTGRESQL_PROGRAMS: '/nowhere' });
    expect(failed.code).toBe(1);
    expect([...(await fixture.backups())].sort()).toEqual([first, second].sort());

    const third = await fixture.backUp(keepOne);
    expect(await fixture.files()).toEqual([`${third}.dump.age`, `${third}.json`]);
  });
});
