import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { asSuperuser, BackupFixture, describeWithPgDump } from './support/backups.ts';
import { describeWithS3, startS3, type TestS3 } from './support/s3.ts';

/** Rows that can't be compressed: some parts of 5 MiB. */
const bulk = `create table bulk as select decode(string_agg(md5(random()::text), ''), 'hex') as data
  from generate_series(1, 720000) n group by n % 11`;

await describeWithS3('backups in S3', () =>
  describeWithPgDump('backups in S3', (programs) => {
    let fixture: BackupFixture;
    let s3: TestS3;
    beforeAll(async () => {
      s3 = await startS3();
      fixture = await BackupFixture.make(programs);
    });
    afterAll(async () => {
      await fixture[Symbol.asyncDispose]();
      s3.stop();
    });
    const keys = async () => {
      const answer = await (await s3.send('GET', 'backups?list-type=2')).text();
      return [...answer.matchAll(/<Key>([^<]+)</g)].map(([, key]) => key);
    };
    const uploads = async () => await (await s3.send('GET', 'backups?uploads')).text();

    test('are written, listed, restored, drilled and removed as in a folder', async () => {
      const first = await fixture.backUp(s3.environment);
      expect(await keys()).toEqual([`todo/production/${first}.dump.age`, `todo/production/${first}.json`]);
      const drill = await fixture.run('restore-drill.ts', {
        ...s3.environment,
        DATABASE_URL: asSuperuser(fixture.database.url),
      });
      expect([drill.code, drill.output]).toEqual([0, expect.stringContaining('restored and dropped again')]);
      const keepOne = { BACKUP_KEEP_LAST: '1', BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0' };
      const second = await fixture.backUp({ ...s3.environment, ...keepOne });
      const third = await fixture.backUp({ ...s3.environment, ...keepOne });
      const { output } = await fixture.run('list.ts', s3.environment);
      // The first was proven by the drill.
      expect(output).toContain('2 backups in s3://backups/todo/production');
      expect([first, second, third].filter((id) => output.includes(`${id}  complete`))).toEqual([
        first,
        third,
      ]);
    });

    test('are sent in parts when they are large, and put together as they were', async () => {
      await query(fixture.database.url, bulk);
      const id = await fixture.backUp(s3.environment);
      const stored = await s3.send('GET', `backups/todo/production/${id}.dump.age`);
      // Only what was put together has a tag with the number of its parts.
      expect(stored.headers.get('etag')).toMatch(/-[34]"$/);
      expect((await stored.arrayBuffer()).byteLength).toBeGreaterThan(10 * 1024 ** 2);
      const target = await fixture.emptyDatabase();
      const { code, output } = await fixture.run('restore.ts', { ...s3.environment, DATABASE_URL: target });
      expect([code, output]).toEqual([0, expect.stringContaining(`Restored ${id}`)]);
    });

    test('are tried again while the storage is away, and made when it is back', async () => {
      const proxy = await s3.startProxy();
      await proxy.cut();
      const running = fixture.start('backup.ts', proxy.environment);
      await eventually(() => running.output().includes('Attempt 2 of 4'));
      await proxy.mend();
      const { code, output } = await running.ended;
      await proxy.close();
      expect(output).toMatch(/s3:\/\/backups\/todo\/production does not do P(OS|U)T .*ECONNREFUSED/);
      expect(code).toBe(0);
    });

    test('fail with a sentence when the storage stays away, and those that are there are kept', async () => {
      const before = await keys();
      const proxy = await s3.startProxy();
      await proxy.cut();
      const { code, output } = await fixture.run('backup.ts', { ...proxy.environment, BACKUP_ATTEMPTS: '1' });
      expect(output).toContain('ECONNREFUSED');
      expect(output).not.toContain('hunter2');
      expect(code).toBe(1);
      expect(await keys()).toEqual(before);
    });

    test('leave nothing of one whose dump breaks off: neither an object nor parts of one', async () => {
      const before = await keys();
      const running = fixture.start('backup.ts', { ...s3.environment, BACKUP_ATTEMPTS: '1' });
      await eventually(async () => (await uploads()).includes('<UploadId>'));
      await query(
        asSuperuser(fixture.database.url),
        `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'todo-api-backup'`,
      );
      const { code, output } = await running.ended;
      expect([code, output]).toEqual([1, expect.stringMatching(/pg_dump failed|terminat/)]);
      expect(await keys()).toEqual(before);
      expect(await uploads()).not.toContain('<UploadId>');
    });

    test('say which bucket it is that is not there', async () => {
      const { code, output } = await fixture.run('backup.ts', {
        ...s3.environment,
        BACKUP_DESTINATION: 's3://no-such-bucket',
        BACKUP_ATTEMPTS: '1',
      });
      expect(output).toMatch(/s3:\/\/no-such-bucket\S* does not do .*404 NoSuchBucket/);
      expect(code).toBe(1);
    });
  }),
);
