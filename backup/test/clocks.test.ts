/** Backups and results that are dated by a clock that was wrong, or by hand. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { clockToleranceSeconds } from '@sightline/contract/clock.ts';
import { drillResultFile } from '../drill-result.ts';
import { backupsAmong, byDate, dumpFile, manifestFile, manifestOf, startOf } from '../manifest.ts';
import { superfluous } from '../retention.ts';
import { asSuperuser, BackupFixture, describeWithPgDump } from './support/backups.ts';

const second = 1000;
const day = 86_400 * second;
const idAt = (time: number) => `${new Date(time).toISOString().replaceAll(/[-:.]/g, '')}-0000`;
const sorted = (ids: readonly string[]) => [...ids].sort().reverse();

describe('of backups by their dates', () => {
  const now = Date.UTC(2026, 10, 28, 12);
  test.each([
    ['a second ago', -second, 'dated'],
    ['ten years ago', -3650 * day, 'dated'],
    ['now', 0, 'dated'],
    ['ahead by what is tolerated', clockToleranceSeconds * second, 'dated'],
    ['ahead by a millisecond more', clockToleranceSeconds * second + 1, 'ahead'],
    ['a day ahead', day, 'ahead'],
    ['in the year 9999', Date.UTC(9999, 11, 31) - now, 'ahead'],
  ] as const)('one %s is %3$s', (_, offset, kind) => {
    const id = idAt(now + offset);
    expect(byDate([id], now)[kind]).toEqual([id]);
  });

  test('one whose name is no time counts as nothing', () => {
    const ids = ['20261399T000000000Z-0000', '99999999T999999999Z-0000', '20260230T256161000Z-0000'];
    expect(byDate(ids, now)).toEqual({ dated: [], ahead: ids });
  });

  test('however many are dated in the future, the same of the others are kept', () => {
    const retention = { last: 5, daily: 3, weekly: 2 };
    const real = sorted(Array.from({ length: 200 }, (_, index) => idAt(now - index * 1800 * second)));
    const gone = superfluous(byDate(real, now).dated, retention);
    for (let count = 1; count <= 64; count *= 2) {
      const ahead = Array.from({ length: count }, (_, index) => idAt(now + (index + 1) * day * 7));
      const { dated } = byDate(sorted([...ahead, ...real]), now);
      expect(superfluous(dated, retention)).toEqual(gone);
    }
  });

  test('the one just made stays, also when its clock says that it is the oldest', () => {
    const real = sorted(Array.from({ length: 10 }, (_, index) => idAt(now - index * day)));
    const made = idAt(0);
    expect(superfluous([...real, made], { last: 1, daily: 0, weekly: 0 }, [made])).not.toContain(made);
    expect(superfluous([...real, made], { last: 1, daily: 0, weekly: 0 })).toContain(made);
  });
});

await describeWithPgDump('a backup that is dated in the future', (programs) => {
  /** A copy of a backup under another name, whole but for its time. */
  async function copyAs(fixture: BackupFixture, id: string, time: number): Promise<string> {
    const copy = idAt(time);
    const iso = new Date(time).toISOString();
    await copyFile(join(fixture.destination, dumpFile(id)), join(fixture.destination, dumpFile(copy)));
    const manifest = (await fixture.manifest(id)) as { dump: object };
    await fixture.sign(manifestFile(copy), 'backup manifest', {
      ...manifest,
      ...{ id: copy, startedAt: iso, endedAt: iso },
      dump: { ...manifest.dump, file: dumpFile(copy) },
    });
    return copy;
  }

  /** A module that sets a program's clock a year ahead. */
  const aYearAhead = encodeURIComponent(
    'const now=Date.now;Date.now=()=>now()+31536000000;globalThis.Date=class extends Date{constructor(...a){super(...(a.length?a:[Date.now()]))}}',
  );

  test('is not the newest, is said to be wrong, removes no other, and is restored when it is asked for', async () => {
    await using fixture = await BackupFixture.make(programs);
    const real = await fixture.backUp();
    const ahead = await copyAs(fixture, real, Date.now() + 365 * day);

    const target = await fixture.emptyDatabase();
    const newest = await fixture.run('restore.ts', { DATABASE_URL: target });
    expect([newest.code, newest.output]).toEqual([0, expect.stringContaining(`Restored ${real}`)]);

    const listed = await fixture.run('list.ts');
    expect(listed.output).toMatch(new RegExp(`${ahead}.*dated in the future: counts as none`));
    expect(listed.output).not.toMatch(new RegExp(`${real}.*dated in the future`));

    const keepOne = { BACKUP_KEEP_LAST: '1', BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0' };
    const { code, output } = await fixture.run('backup.ts', keepOne);
    expect([code, output]).toEqual([
      0,
      expect.stringContaining(`Dated in the future, so neither counted nor removed: ${ahead}`),
    ]);
    const left = await fixture.backups();
    expect(left).toHaveLength(2);
    expect(left[0]).toBe(ahead);

    await rm(join(fixture.destination, manifestFile(left[1] ?? '')));
    const alone = await fixture.run('restore.ts', { DATABASE_URL: await fixture.emptyDatabase() });
    expect([alone.code, alone.output]).toEqual([1, expect.stringContaining(`dated in the future: ${ahead}`)]);
    const named = await fixture.run('restore.ts', {
      DATABASE_URL: await fixture.emptyDatabase(),
      BACKUP: ahead,
    });
    expect([named.code, named.output]).toEqual([0, expect.stringContaining(`Restored ${ahead}`)]);
  });

  test('is named by the database, whatever this machine believes', async () => {
    await using fixture = await BackupFixture.make(programs);
    const id = await fixture.backUp({ NODE_OPTIONS: `--import=data:text/javascript,${aYearAhead}` });
    expect(byDate([id]).dated).toEqual([id]);
    const { output } = await fixture.run('backup.ts', {
      NODE_OPTIONS: `--import=data:text/javascript,${aYearAhead}`,
    });
    expect(output).toContain("This machine's clock says");
    expect(await fixture.backups()).toHaveLength(2);
  });

  test('and a restore drill of the future are no success for the exporter', async () => {
    await using fixture = await BackupFixture.make(programs);
    const real = await fixture.backUp();
    const { code } = await fixture.run('restore-drill.ts', {
      DATABASE_URL: asSuperuser(fixture.database.url),
    });
    expect(code).toBe(0);
    await copyAs(fixture, real, Date.now() + 365 * day);
    const later = new Date(Date.now() + 365 * day).toISOString();
    const drill = { backup: real, startedAt: later, endedAt: later };
    await fixture.sign(drillResultFile, 'restore drill result', {
      last: { ...drill, ok: true },
      lastSuccess: drill,
    });
    const { observe } = await import('../observe.ts');
    const { folderStorage } = await import('../storage/folder.ts');
    const { metrics } = await observe(
      folderStorage(fixture.destination, new AbortController().signal),
      fixture.verificationKeys,
    );
    const { text } = await metrics.scrape();
    expect(text).toMatch(/^backup_dated_ahead 2$/m);
    expect(text).toContain(`backup_last_success_timestamp_seconds ${startOf(real).getTime() / 1000}\n`);
    expect(text).not.toMatch(/^restore_drill_last_success_timestamp_seconds/m);
  });

  test('is refused when its manifest has another time than its name', async () => {
    await using fixture = await BackupFixture.make(programs);
    const id = await fixture.backUp();
    const manifest = await fixture.manifest(id);
    const dated = (startedAt: string) => () => manifestOf(id, { ...manifest, startedAt });
    expect(dated(startOf(id).toISOString())).not.toThrow();
    expect(dated('9999-01-01T00:00:00.000Z')).toThrow(`The manifest of ${id} is damaged`);
    expect(backupsAmong(await fixture.files())).toEqual([id]);
  });
});
