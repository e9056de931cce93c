import { spawnSync } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { bareEnvironment } from '@sightline/testkit/process.ts';
import pg from 'pg';
import { exitCodes } from '../outcome.ts';
import { BackupFixture, describeWithPgDump } from './support/backups.ts';

const folder = resolve(import.meta.dirname, '..');

/** A mount namespace of its own, in which a test may mount a file system: as root, or as who is root only there. */
const ownMounts = (process.getuid?.() === 0 ? [[]] : [['--user', '--map-root-user']])
  .map((flags) => ['unshare', ...flags, '--mount'])
  .find(([command = '', ...args]) => spawnSync(command, [...args, 'true']).status === 0);

function testWithMounts(name: string, run: (command: readonly string[]) => void): void {
  if (ownMounts === undefined)
    test.skip(`${name} (skipped: unshare can make no mount namespace here)`, () => {});
  else test(name, () => run(ownMounts));
}

await describeWithPgDump('a backup that can not be made', (programs) => {
  let fixture: BackupFixture;
  beforeEach(async () => {
    fixture = await BackupFixture.make(programs);
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  /** Has every reader of the todos wait, as a migration does. */
  async function holdTodos(): Promise<AsyncDisposable> {
    const client = new pg.Client({ connectionString: fixture.database.url });
    await client.connect();
    await client.query('begin; lock table todos in access exclusive mode');
    return { [Symbol.asyncDispose]: () => client.end() };
  }
  const dumpsWait = async () => {
    const client = new pg.Client({ connectionString: fixture.database.url });
    await client.connect();
    try {
      const { rowCount } = await client.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return (rowCount ?? 0) > 0;
    } finally {
      await client.end();
    }
  };

  test('while the storage is away is tried again, and made when it is back', async () => {
    const elsewhere = `${fixture.destination}-elsewhere`;
    await rename(fixture.destination, elsewhere);
    const running = fixture.start('backup.ts', { BACKUP_RETRY_MS: '1000' });
    await eventually(() => running.output().includes('Attempt 2 of 4'));
    await rename(elsewhere, fixture.destination);
    const { code, output } = await running.ended;
    expect(output).toContain('is not there. Is the volume mounted?');
    expect(code).toBe(0);
    expect(await fixture.backups()).toHaveLength(1);
  });

  test('since the storage stays away ends after as many attempts as it was told, with a sentence', async () => {
    await rm(fixture.destination, { recursive: true });
    const { code, output } = await fixture.run('backup.ts', { BACKUP_ATTEMPTS: '3' });
    expect(code).toBe(exitCodes.failed);
    expect(output.match(/is not there/g)).toHaveLength(3);
  });

  testWithMounts('since the storage is full leaves the old ones and nothing of itself', (command) => {
    const script = `
      mount -t tmpfs -o size=4m tmpfs "$DESTINATION"
      "$NODE" backup.ts && echo "first: $?"
      dd if=/dev/zero of="$DESTINATION/filler" bs=4096 2> /dev/null
      "$NODE" backup.ts; echo "full: $?"
      ls -A "$DESTINATION"
      rm "$DESTINATION/filler"
      "$NODE" backup.ts && "$NODE" list.ts`;
    const [program = '', ...args] = command;
    const { stdout, stderr } = spawnSync(program, [...args, 'sh', '-c', script], {
      encoding: 'utf8',
      cwd: folder,
      env: {
        ...bareEnvironment,
        NODE: process.execPath,
        DESTINATION: fixture.destination,
        BACKUP_ATTEMPTS: '2',
        BACKUP_RETRY_MS: '50',
        ...fixture.environment,
      },
    });
    const id = / as (\S+) in /.exec(stdout)?.[1];
    expect(`${stdout}${stderr}`).toContain('There is no room left in');
    const [, left] = /full: 1\n([\s\S]*?)\n\d{4}-/.exec(stdout) ?? [];
    expect(left?.split('\n').sort()).toEqual([`${id}.dump.age`, `${id}.json`, 'filler']);
    expect(stdout).toContain('2 backups in');
    expect(stdout).toContain(`${id}  complete at`);
  });

  test('since another is under way ends at once, with an exit code of its own, and the other is made', async () => {
    let first: ReturnType<BackupFixture['start']>;
    {
      await using _held = await holdTodos();
      first = fixture.start('backup.ts');
      await eventually(dumpsWait);
      const { code, output } = await fixture.run('backup.ts');
      expect(output).toContain('Another backup of this database is under way, so this one does nothing.');
      expect(code).toBe(exitCodes.anotherRun);
    }
    expect((await first.ended).code).toBe(0);
    expect(await fixture.backups()).toHaveLength(1);
  });

  test('since it was killed is none, and keeps no other from being made', async () => {
    {
      await using _held = await holdTodos();
      const running = fixture.start('backup.ts');
      await eventually(dumpsWait);
      running.kill('SIGKILL');
      await running.ended;
    }
    expect(await fixture.backups()).toEqual([]);
    await eventually(async () => (await fixture.run('backup.ts')).code === 0);
    expect(await fixture.backups()).toHaveLength(1);
  });

  test('since the database is away ends with a sentence that has no password in it', async () => {
    const url = new URL(fixture.database.url);
    const { password } = url;
    url.port = '1';
    const { code, output } = await fixture.run('backup.ts', { DATABASE_URL: url.href });
    expect(output).toMatch(/127\.0\.0\.1:1\/\S+ can't be reached/);
    expect(output).not.toContain(password);
    expect(code).toBe(exitCodes.failed);
  });

  test('since there is no pg_dump says which is needed, and is not tried again', async () => {
    const { code, output } = await fixture.run('backup.ts', {
      POSTGRESQL_PROGRAMS: join(fixture.destination, 'nothing'),
    });
    expect(output).toMatch(/There is no \S+\/nothing\/pg_dump\. PostgreSQL's client programs of version 18/);
    expect(output).not.toContain('Attempt');
    expect(code).toBe(exitCodes.failed);
  });
});
