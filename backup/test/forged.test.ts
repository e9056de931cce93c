/** Dumps that would run programs, or read files of the server, as whoever restores them. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '@sightline/testkit/database.ts';
import pg from 'pg';
import { databaseOf } from '../database.ts';
import { decrypted } from '../encryption.ts';
import { dumpFile } from '../manifest.ts';
import { restore } from '../programs.ts';
import { readSettings } from '../settings.ts';
import { folderStorage } from '../storage/folder.ts';
import {
  asSuperuser,
  BackupFixture,
  describeWithPgDump,
  newSigningKey,
  privatePem,
  publicPem,
  scratchOf,
} from './support/backups.ts';

const never = new AbortController().signal;

/** A function that a dump brings with it, and what makes a restore call it. */
const called = (body: string, caller: string) => `
  create function public.attack() returns int language plpgsql as $attack$ begin ${body}; return 1; end $attack$;
  ${caller}`;
const byCheck =
  'create table public.attacked (one int check (public.attack() = 1)); insert into public.attacked values (1)';
const byIndex = `
  create function public.calm() returns int language plpgsql immutable as 'begin return public.attack(); end';
  create table public.attacked as select 1 as one; create index on public.attacked ((public.calm()))`;
const byView = 'create materialized view public.attacked as select public.attack()';

await describeWithPgDump('a forged backup, encrypted for our recipient', (programs) => {
  let fixture: BackupFixture;
  let folder: string;
  beforeAll(async () => {
    fixture = await BackupFixture.make(programs);
    await fixture.backUp();
    folder = await mkdtemp(join(tmpdir(), 'attacked-'));
    // PostgreSQL runs as another user.
    await chmod(folder, 0o777);
  });
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Statements that make the marker when they run, and PostgreSQL's words when it refuses them. */
  const attacks: readonly { name: string; sql: (marker: string) => string; says: RegExp }[] = [
    {
      name: 'a materialized view that copies to a program',
      sql: (marker) => called(`copy (select 1) to program 'cat >${marker}'`, byView),
      says: /permission denied to COPY to or from an external program/,
    },
    {
      name: 'an index that copies to a program',
      sql: (marker) => called(`copy (select 1) to program 'cat >${marker}'`, byIndex),
      says: /permission denied to COPY to or from an external program/,
    },
    {
      name: 'a constraint that becomes the superuser first',
      sql: (marker) =>
        called(`set local role postgres; copy (select 1) to program 'cat >${marker}'`, byCheck),
      says: /permission denied to set role "postgres"/,
    },
    {
      name: "a materialized view that writes a file of the server's",
      sql: (marker) => called(`copy (select 1) to '${marker}'`, byView),
      says: /permission denied to COPY to a file/,
    },
    {
      name: "a materialized view that reads a file of the server's",
      sql: () => "create materialized view public.attacked as select pg_read_file('PG_VERSION')",
      says: /permission denied for function pg_read_file/,
    },
  ];
  test.each(attacks)(
    'with $name, is refused by its signature, and signed by the role',
    async ({ sql, says }) => {
      const marker = join(folder, randomBytes(6).toString('hex'));
      // Whoever forges it has a server of their own, and there all rights.
      const theirs = asSuperuser(await fixture.emptyDatabase());
      await query(theirs, sql(marker));
      const theirKey = newSigningKey();
      const id = await fixture.backUp({
        DATABASE_URL: theirs,
        BACKUP_SIGNING_KEY: privatePem(theirKey),
        BACKUP_VERIFICATION_KEYS: publicPem(theirKey),
      });
      // Which their own server has run by now.
      await rm(marker, { force: true });

      const target = await fixture.emptyDatabase();
      const restoreInto = (url: string) => fixture.run('restore.ts', { DATABASE_URL: url, BACKUP: id });
      const { code, output } = await restoreInto(target);
      expect([code, output]).toEqual([1, expect.stringMatching(/is signed by the key .* none of/)]);

      const signed = await fixture.run('sign.ts', { BACKUP: id });
      expect(signed.output).toContain(`Signed ${id}`);
      const drill = () =>
        fixture.run('restore-drill.ts', { DATABASE_URL: asSuperuser(fixture.database.url), BACKUP: id });
      for (const attempt of [drill, () => restoreInto(target)]) {
        const attempted = await attempt();
        expect([attempted.code, attempted.output]).toEqual([1, expect.stringMatching(says)]);
      }
      const asRoot = await restoreInto(asSuperuser(target));
      expect([asRoot.code, asRoot.output]).toEqual([
        1,
        expect.stringMatching(/is, or may become, .*postgres/),
      ]);
      expect(existsSync(marker)).toBe(false);
      expect(await query(target, "select from pg_class where relname like 'attack%'")).toEqual([]);

      // It is one: as a superuser it would have come through.
      const database = databaseOf(
        readSettings({ DATABASE_URL: asSuperuser(target) }, [
          'DATABASE_URL',
          'DATABASE_TLS',
          'DATABASE_TLS_CA_FILE',
        ]),
      );
      const dump = folderStorage(fixture.destination, never).read(dumpFile(id));
      await restore(programs, database, decrypted(dump, [fixture.identity]), never);
      if (says.source.includes('pg_read_file'))
        expect(await query(asSuperuser(target), 'select * from public.attacked')).toEqual([
          { pg_read_file: expect.stringMatching(/^18/) },
        ]);
      else expect(existsSync(marker)).toBe(true);
      await fixture.forget(id);
    },
  );

  test('is drilled by a role that is gone afterwards, and may make nothing but in its database', async () => {
    const url = asSuperuser(fixture.database.url);
    const drilled = await fixture.run('restore-drill.ts', { DATABASE_URL: url });
    expect(drilled.code).toBe(0);
    expect(await scratchOf(url)).toEqual([]);
  });

  test('needs no superuser to be drilled: one who may make databases and roles', async () => {
    const url = new URL(asSuperuser(fixture.database.url));
    const name = `drills_${randomBytes(4).toString('hex')}`;
    await query(url.href, `create role ${name} login createdb createrole password 'of-the-drill'`);
    try {
      url.username = name;
      url.password = 'of-the-drill';
      const { code, output } = await fixture.run('restore-drill.ts', { DATABASE_URL: url.href });
      expect([code, output]).toEqual([0, expect.stringContaining('was restored and dropped again')]);
      await query(asSuperuser(fixture.database.url), `alter role ${name} nocreaterole`);
      const without = await fixture.run('restore-drill.ts', { DATABASE_URL: url.href });
      expect([without.code, without.output]).toEqual([
        1,
        expect.stringMatching(/can't make the role and the database of a drill, .* CREATEDB and CREATEROLE/),
      ]);
      // Which says nothing about the backup.
      const result = await readFile(join(fixture.destination, 'restore-drill.json'), 'utf8');
      expect(result).not.toContain('CREATEROLE');
    } finally {
      await query(asSuperuser(fixture.database.url), `drop role ${name}`);
    }
  });
});

await describeWithPgDump('a backup by a superuser', (programs) => {
  test('calls no function of the database, such as a cast of a row', async () => {
    await using fixture = await BackupFixture.make(programs);
    const { url } = fixture.database;
    await query(
      url,
      `create function public.attack(public.todos) returns text language plpgsql as
         $$ begin raise exception 'called as %', current_user; end $$;
       create cast (public.todos as text) with function public.attack(public.todos)`,
    );
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await expect(client.query('select (whole.*)::text from public.todos whole')).rejects.toThrow('called as');
    await client.end();
    const id = await fixture.backUp({ DATABASE_URL: asSuperuser(url) });
    const restored = await fixture.run('restore.ts', {
      DATABASE_URL: await fixture.emptyDatabase(),
      BACKUP: id,
    });
    expect([restored.code, restored.output]).toEqual([0, expect.stringContaining(`Restored ${id}`)]);
  });
});
